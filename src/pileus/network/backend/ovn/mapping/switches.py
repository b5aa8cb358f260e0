"""Networks as logical switches, subnets as DHCP options."""

from __future__ import annotations

import ipaddress

from pileus.network.backend.ovn.rows import WantedRow, part
from pileus.network.backend.ovn.view import View
from pileus.network.backend.wanted import (
    Ipv6Mode,
    NetworkType,
    WantedNetwork,
    WantedSubnet,
    ref_of,
)

METADATA_ADDRESS = "169.254.169.254"


def network_rows(network: WantedNetwork) -> list[WantedRow]:
    """A switch, and the port that joins it to a physical network where it has one."""
    ref = ref_of(network)
    config = {"mcast_snoop": "false", "vlan-passthru": "true" if network.vlan_transparent else "false"}
    rows = [WantedRow(str(ref), "Logical_Switch", {"name": network.id, "other_config": config})]
    if network.type is not NetworkType.GENEVE:
        rows.append(
            WantedRow(
                part(ref, "localnet"),
                "Logical_Switch_Port",
                {
                    "name": f"localnet-{network.id}",
                    "type": "localnet",
                    "addresses": ["unknown"],
                    "options": {"network_name": network.physical_network},
                    "tag": [network.vlan_id] if network.vlan_id else [],
                },
                parent=str(ref),
            )
        )
    return rows


def subnet_rows(subnet: WantedSubnet, view: View) -> list[WantedRow]:
    """The DHCP options of a subnet; the row stands for the subnet also where no port refers to it."""
    columns = {"cidr": subnet.cidr, "options": dhcp_options(subnet, view)}
    return [WantedRow(str(ref_of(subnet)), "DHCP_Options", columns)]


def serves_dhcp(subnet: WantedSubnet) -> bool:
    """Whether ports with an address in the subnet are answered by DHCP."""
    if not subnet.dhcp:
        return False
    return subnet.ip_version == 4 or subnet.address_mode in (Ipv6Mode.STATEFUL, Ipv6Mode.STATELESS)


def dhcp_options(subnet: WantedSubnet, view: View) -> dict[str, str]:
    """OVN's own names and forms of the options of a subnet; empty where DHCP is off."""
    if not serves_dhcp(subnet):
        return {}
    return _options_v4(subnet, view) if subnet.ip_version == 4 else _options_v6(subnet, view)


def _options_v4(subnet: WantedSubnet, view: View) -> dict[str, str]:
    network = view.network(subnet.network_id)
    metadata = view.metadata_address(subnet)
    first = str(next(iter(ipaddress.IPv4Network(subnet.cidr).hosts())))
    options = {
        "server_id": subnet.gateway or metadata or first,
        "server_mac": subnet.dhcp_mac,
        "lease_time": str(subnet.lease_seconds),
    }
    if network is not None:
        options["mtu"] = str(network.mtu)
        if network.dns_domain:
            options["domain_name"] = f'"{network.dns_domain.rstrip(".")}"'
    if subnet.gateway:
        options["router"] = subnet.gateway
    if subnet.dns_servers:
        options["dns_server"] = "{" + ", ".join(subnet.dns_servers) + "}"
    routes = [(route.destination, route.next_hop) for route in subnet.host_routes]
    if metadata and not any(to == f"{METADATA_ADDRESS}/32" for to, _ in routes):
        routes.insert(0, (f"{METADATA_ADDRESS}/32", metadata))
    if routes:
        # A client that asks for classless routes must ignore the router option (RFC 3442), so the default
        # route stands in both.
        if subnet.gateway and not any(to == "0.0.0.0/0" for to, _ in routes):
            routes.append(("0.0.0.0/0", subnet.gateway))
        options["classless_static_route"] = "{" + ", ".join(f"{to},{via}" for to, via in routes) + "}"
    return options


def _options_v6(subnet: WantedSubnet, view: View) -> dict[str, str]:
    network = view.network(subnet.network_id)
    options = {"server_id": subnet.dhcp_mac}
    if subnet.dns_servers:
        options["dns_server"] = "{" + ", ".join(subnet.dns_servers) + "}"
    if network is not None and network.dns_domain:
        options["domain_search"] = f'"{network.dns_domain.rstrip(".")}"'
    if subnet.address_mode is Ipv6Mode.STATELESS:
        options["dhcpv6_stateless"] = "true"
    return options
