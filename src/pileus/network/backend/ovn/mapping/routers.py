"""Routers with their legs, routes and address translation; floating IPs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pileus.network.backend.ovn.rows import WantedRow, part, router_port_name
from pileus.network.backend.ovn.view import View
from pileus.network.backend.wanted import (
    Ipv6Mode,
    Kind,
    NetworkType,
    Ref,
    RouterGateway,
    RouterInterface,
    WantedFloatingIP,
    WantedRouter,
    ref_of,
)

_RA_MODES = {
    Ipv6Mode.SLAAC: "slaac",
    Ipv6Mode.STATEFUL: "dhcpv6_stateful",
    Ipv6Mode.STATELESS: "dhcpv6_stateless",
}


def router_rows(router: WantedRouter, view: View) -> list[WantedRow]:
    """The router, its ports, the gateway's hosts, routes and source translation."""
    ref = ref_of(router)
    options = {"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}
    chief = WantedRow(str(ref), "Logical_Router", {"name": router.id, "enabled": [router.enabled], "options": options})
    rows = [chief, *(_leg(router, leg, view) for leg in router.interfaces)]
    if router.gateway is not None:
        rows += [_leg(router, router.gateway, view), *_gateway_rows(router, router.gateway)]
    for route in router.routes:
        key = part(ref, f"route/{route.destination}/{route.next_hop}")
        rows.append(_route(key, route.destination, route.next_hop, None, str(ref)))
    return rows


def _leg(router: WantedRouter, leg: RouterInterface | RouterGateway, view: View) -> WantedRow:
    ref = ref_of(router)
    network = view.network(leg.network_id)
    options: dict[str, str] = {}
    mtu = network.mtu if network is not None else None
    if mtu is not None and mtu < _largest_mtu(router, view):
        # Packets that would not fit there are answered with "fragmentation needed".
        options["gateway_mtu"] = str(mtu)
    on_wire = network is not None and network.type is not NetworkType.GENEVE
    if on_wire and isinstance(leg, RouterInterface) and router.gateway is not None:
        # On a physical network the router's MAC must show on one host only.
        options["reside-on-redirect-chassis"] = "true"
    columns = {
        "name": router_port_name(leg.port_id),
        "mac": leg.mac,
        "networks": [address.cidr for address in leg.addresses],
        "options": options,
        "ipv6_ra_configs": _advertisement(leg, view) if isinstance(leg, RouterInterface) else {},
    }
    return WantedRow(part(ref, f"leg/{leg.port_id}"), "Logical_Router_Port", columns, parent=str(ref))


def _largest_mtu(router: WantedRouter, view: View) -> int:
    legs = [*router.interfaces, *((router.gateway,) if router.gateway else ())]
    networks = [view.network(leg.network_id) for leg in legs]
    return max((network.mtu for network in networks if network is not None), default=0)


def _advertisement(leg: RouterInterface, view: View) -> dict[str, str]:
    """Router advertisements of a leg.  A port announces one mode; the first subnet with one decides."""
    for address in leg.addresses:
        subnet = view.subnet(address.subnet_id)
        if subnet is None or subnet.ip_version != 6 or subnet.ra_mode is None:
            continue
        config = {
            "address_mode": _RA_MODES[subnet.ra_mode],
            "send_periodic": "true",
            "max_interval": "60",
            "min_interval": "20",
        }
        network = view.network(leg.network_id)
        if network is not None:
            config["mtu"] = str(network.mtu)
            if network.dns_domain:
                config["dnssl"] = network.dns_domain.rstrip(".")
        if subnet.dns_servers:
            config["rdnss"] = subnet.dns_servers[0]
        return config
    return {}


def _gateway_rows(router: WantedRouter, gateway: RouterGateway) -> Iterator[WantedRow]:
    ref = ref_of(router)
    port = router_port_name(gateway.port_id)
    leg = part(ref, f"leg/{gateway.port_id}")
    for at, chassis in enumerate(router.gateway_chassis):
        columns = {"name": f"{port}-{chassis}", "chassis_name": chassis, "priority": 100 - at}
        yield WantedRow(part(ref, f"chassis/{chassis}"), "Gateway_Chassis", columns, parent=leg)
    for hop in gateway.next_hops:
        everywhere = "0.0.0.0/0" if ipaddress.ip_address(hop).version == 4 else "::/0"
        yield _route(part(ref, f"default/{everywhere}"), everywhere, hop, port, str(ref))
    outside = [ipaddress.ip_interface(address.cidr).ip for address in gateway.addresses]
    outside4 = next((address for address in outside if address.version == 4), None)
    if gateway.snat and outside4 is not None:
        for prefix in gateway.snat_prefixes:
            key = part(ref, f"snat/{prefix}")
            yield _nat(key, "snat", str(outside4), prefix, parent=str(ref))


def _route(key: str, prefix: str, next_hop: str, port: str | None, parent: str) -> WantedRow:
    columns = {"ip_prefix": prefix, "nexthop": next_hop, "output_port": [port] if port else []}
    return WantedRow(key, "Logical_Router_Static_Route", columns, parent=parent)


def _nat(key: str, kind: str, outside: str, inside: str, *, parent: str, mac: str = "", port: str = "") -> WantedRow:
    columns = {
        "type": kind,
        "external_ip": outside,
        "logical_ip": inside,
        "external_mac": [mac] if mac else [],
        "logical_port": [port] if port else [],
    }
    return WantedRow(key, "NAT", columns, parent=parent)


def floating_ip_rows(floating: WantedFloatingIP) -> list[WantedRow]:
    """Translation in both directions, on the gateway chassis or on the port's own host."""
    spread = floating.distributed and bool(floating.mac)
    return [
        _nat(
            str(ref_of(floating)),
            "dnat_and_snat",
            floating.address,
            floating.fixed_address,
            parent=str(Ref(Kind.ROUTER, floating.router_id)),
            mac=floating.mac if spread else "",
            port=floating.port_id if spread else "",
        )
    ]
