"""Ports as logical switch ports, with their private DHCP options and names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pileus.network.backend.ovn.mapping.switches import dhcp_options, serves_dhcp
from pileus.network.backend.ovn.rows import DROP_KEY, Link, WantedRow, part, router_port_name
from pileus.network.backend.ovn.view import View
from pileus.network.backend.wanted import Kind, PortKind, Ref, WantedPort, WantedSubnet, ref_of

_TYPES = {
    PortKind.VIF: "",
    PortKind.METADATA: "localport",
    PortKind.ROUTER: "router",
    PortKind.EXTERNAL: "external",
    PortKind.VIRTUAL: "virtual",
}

_DHCP_NAMES = {
    # As dnsmasq calls them, and by number; OVN's names are taken as they are.
    "mtu": "mtu",
    "26": "mtu",
    "dns-server": "dns_server",
    "6": "dns_server",
    "router": "router",
    "3": "router",
    "domain-name": "domain_name",
    "15": "domain_name",
    "ntp-server": "ntp_server",
    "42": "ntp_server",
    "tftp-server": "tftp_server",
    "66": "tftp_server",
    "server-ip-address": "tftp_server_address",
    "150": "tftp_server_address",
    "bootfile-name": "bootfile_name",
    "67": "bootfile_name",
    "netmask": "netmask",
    "1": "netmask",
    "domain-search": "domain_search_list",
    "119": "domain_search_list",
    "classless-static-route": "classless_static_route",
    "121": "classless_static_route",
    "wpad": "wpad",
    "252": "wpad",
    "lease-time": "lease_time",
    "51": "lease_time",
}
_QUOTED = frozenset({"domain_name", "tftp_server", "bootfile_name", "wpad", "domain_search_list"})


def port_rows(port: WantedPort, view: View) -> list[WantedRow]:
    """The switch port, then whatever hangs beside it."""
    ref = ref_of(port)
    network = view.network(port.network_id)
    link4, private4 = _dhcp(port, view, 4)
    link6, private6 = _dhcp(port, view, 6)
    enabled = port.enabled and (network is None or network.enabled)
    columns = {
        "name": port.id,
        "type": _TYPES[port.kind],
        "addresses": _addresses(port),
        "port_security": _allowed_sources(port),
        "options": _options(port, external=network is not None and network.external),
        "enabled": [enabled],
        "dhcpv4_options": link4,
        "dhcpv6_options": link6,
        "parent_name": [port.parent_port] if port.parent_port else [],
        "tag_request": [],
        "tag": [port.parent_tag] if port.parent_tag else [],
        "ha_chassis_group": [Link(part(ref, "ha"))] if port.kind is PortKind.EXTERNAL and port.hosts else [],
    }
    parent = str(Ref(Kind.NETWORK, port.network_id))
    chief = WantedRow(str(ref), "Logical_Switch_Port", columns, parent=parent, groups=_groups(port))
    return [*private4, *private6, *_ha_rows(port), chief, *_dns_rows(port, view)]


def _secured(port: WantedPort) -> bool:
    return port.port_security and port.kind in (PortKind.VIF, PortKind.EXTERNAL, PortKind.VIRTUAL)


def _groups(port: WantedPort) -> tuple[str, ...]:
    if not _secured(port):
        return ()
    return (DROP_KEY, *(str(Ref(Kind.SECURITY_GROUP, group)) for group in port.security_groups))


def _addresses(port: WantedPort) -> list[str]:
    if port.kind is PortKind.ROUTER:
        return ["router"]
    addresses = [" ".join([port.mac, *(fixed.address for fixed in port.fixed_ips)])]
    for mac in sorted({pair.mac for pair in port.allowed_pairs} - {port.mac}):
        hosts = [pair.address for pair in port.allowed_pairs if pair.mac == mac and "/" not in pair.address]
        addresses.append(" ".join([mac, *hosts]))
    if port.kind is PortKind.VIF and not port.port_security:
        addresses.append("unknown")
    return addresses


def _allowed_sources(port: WantedPort) -> list[str]:
    """Who a secured port may claim to be: each MAC with the addresses that go with it."""
    if not _secured(port):
        return []
    sources: dict[str, list[str]] = {port.mac: [fixed.address for fixed in port.fixed_ips]}
    for pair in port.allowed_pairs:
        of_mac = sources.setdefault(pair.mac, [])
        if pair.address not in of_mac:
            of_mac.append(pair.address)
    return [" ".join([mac, *addresses]) for mac, addresses in sources.items()]


def _options(port: WantedPort, *, external: bool) -> dict[str, str]:
    match port.kind:
        case PortKind.ROUTER:
            options = {"router-port": router_port_name(port.id)}
            if external:
                # The gateway chassis announces the router's NAT addresses when it takes over.
                options["nat-addresses"] = "router"
            return options
        case PortKind.VIRTUAL:
            address = port.fixed_ips[0].address if port.fixed_ips else ""
            return {"virtual-ip": address, "virtual-parents": ",".join(port.virtual_parents)}
        case PortKind.VIF if port.hosts:
            return {"requested-chassis": ",".join(port.hosts)}
        case _:
            return {}


def _dhcp(port: WantedPort, view: View, version: int) -> tuple[list[Link], list[WantedRow]]:
    """The link to the options that answer the port, and a row of its own where it has further ones."""
    if port.kind not in (PortKind.VIF, PortKind.EXTERNAL):
        return [], []
    for fixed in port.fixed_ips:
        subnet = view.subnet(fixed.subnet_id)
        if subnet is None or subnet.ip_version != version or not serves_dhcp(subnet):
            continue
        own = {option.name: option.value for option in port.dhcp_options if option.ip_version == version}
        if not own:
            return [Link(str(ref_of(subnet)))], []
        row = _private_dhcp(port, subnet, view, own)
        return [Link(row.key)], [row]
    return [], []


def _private_dhcp(port: WantedPort, subnet: WantedSubnet, view: View, own: dict[str, str]) -> WantedRow:
    options = dhcp_options(subnet, view)
    for name, value in own.items():
        known = _DHCP_NAMES.get(name, name.replace("-", "_"))
        options[known] = f'"{value}"' if known in _QUOTED and not value.startswith('"') else value
    key = part(ref_of(port), f"dhcp{subnet.ip_version}")
    return WantedRow(key, "DHCP_Options", {"cidr": subnet.cidr, "options": options})


def _ha_rows(port: WantedPort) -> Iterator[WantedRow]:
    """The hosts that answer DHCP for a port outside the overlay, the first one preferred."""
    if port.kind is not PortKind.EXTERNAL or not port.hosts:
        return
    group = part(ref_of(port), "ha")
    yield WantedRow(group, "HA_Chassis_Group", {"name": f"ha-{port.id}"})
    for at, chassis in enumerate(port.hosts):
        columns = {"chassis_name": chassis, "priority": 100 - at}
        yield WantedRow(part(ref_of(port), f"ha/{chassis}"), "HA_Chassis", columns, parent=group)


def _dns_rows(port: WantedPort, view: View) -> Iterator[WantedRow]:
    """Names that OVN answers inside the network: short, full, and the way back."""
    network = view.network(port.network_id)
    if not port.dns_name or not port.fixed_ips or network is None:
        return
    short = port.dns_name.lower()
    full = f"{short}.{network.dns_domain.rstrip('.').lower()}" if network.dns_domain else short
    addresses = " ".join(fixed.address for fixed in port.fixed_ips)
    records = {short: addresses, full: addresses}
    for fixed in port.fixed_ips:
        records[ipaddress.ip_address(fixed.address).reverse_pointer] = full
    parent = str(Ref(Kind.NETWORK, port.network_id))
    yield WantedRow(part(ref_of(port), "dns"), "DNS", {"records": records}, parent=parent)
