"""A small logical network to try things on: two inside networks, a router, the outside, one group."""

from __future__ import annotations

from typing import Any

from pileus.network.backend.wanted import (
    Direction,
    FixedIP,
    InterfaceAddress,
    Ipv6Mode,
    PortKind,
    RouterGateway,
    RouterInterface,
    SecurityRule,
    Wanted,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSecurityGroup,
    WantedSubnet,
)

IDS = "00000000-0000-4000-8000-0000000000"


def ident(number: int) -> str:
    return f"{IDS}{number:02d}"


NET_A, NET_B, NET_EXT = ident(1), ident(2), ident(3)
SUB_A, SUB_B, SUB_EXT, SUB_A6 = ident(11), ident(12), ident(13), ident(14)
ROUTER, GROUP = ident(21), ident(31)
META_A = ident(41)
LEG_A, LEG_B, LEG_EXT, LEG_A6 = ident(51), ident(52), ident(53), ident(54)


def mac(number: int) -> str:
    return f"fa:16:3e:00:00:{number:02x}"


def rule(number: int, direction: Direction, version: int, **match: Any) -> SecurityRule:
    return SecurityRule(id=ident(number), direction=direction, ip_version=version, **match)


EGRESS = (rule(91, Direction.EGRESS, 4), rule(92, Direction.EGRESS, 6))


def group(*rules: SecurityRule, id: str = GROUP, revision: int = 1) -> WantedSecurityGroup:
    return WantedSecurityGroup(id=id, revision=revision, rules=(*EGRESS, *rules))


def vif(number: int, network: str, *fixed: tuple[str, str], **more: Any) -> WantedPort:
    settings = {"security_groups": (GROUP,), "revision": 1} | more
    return WantedPort(
        id=ident(number),
        network_id=network,
        mac=mac(number),
        fixed_ips=tuple(FixedIP(*each) for each in fixed),
        **settings,
    )


def leg(port: str, network: str, number: int, *addresses: tuple[str, str]) -> tuple[WantedPort, RouterInterface]:
    port_ = WantedPort(
        id=port,
        revision=1,
        network_id=network,
        mac=mac(number),
        kind=PortKind.ROUTER,
        fixed_ips=tuple(FixedIP(subnet, cidr.partition("/")[0]) for subnet, cidr in addresses),
    )
    return port_, RouterInterface(port, network, mac(number), tuple(InterfaceAddress(*each) for each in addresses))


def networks(mtu: int = 1442, v6: Ipv6Mode | None = None) -> list[Wanted]:
    """Networks A (10.1.0.0/24, and fd00:a::/64 if asked) and B (10.2.0.0/24), and the outside."""
    found: list[Wanted] = [
        WantedNetwork(id=NET_A, revision=1, mtu=mtu, dns_domain="cloud.test."),
        WantedNetwork(id=NET_B, revision=1, mtu=mtu),
        WantedNetwork(id=NET_EXT, revision=1, mtu=1500, type="flat", physical_network="public", external=True),
        WantedPort(
            id=META_A,
            revision=1,
            network_id=NET_A,
            mac=mac(2),
            kind=PortKind.METADATA,
            fixed_ips=(FixedIP(SUB_A, "10.1.0.2"),),
        ),
        WantedSubnet(id=SUB_EXT, revision=1, network_id=NET_EXT, cidr="198.51.100.0/24", ip_version=4, dhcp=False),
    ]
    for subnet, network, at in ((SUB_A, NET_A, 1), (SUB_B, NET_B, 2)):
        found.append(
            WantedSubnet(
                id=subnet,
                revision=1,
                network_id=network,
                cidr=f"10.{at}.0.0/24",
                ip_version=4,
                gateway=f"10.{at}.0.1",
                dhcp_mac=mac(3),
                dns_servers=("9.9.9.9",),
            )
        )
    if v6 is not None:
        found.append(
            WantedSubnet(
                id=SUB_A6, revision=1, network_id=NET_A, cidr="fd00:a::/64", ip_version=6,
                gateway="fd00:a::1",
                dhcp_mac=mac(3), dns_servers=("fd00:a::53",), ra_mode=v6, address_mode=v6,
            )
        )  # fmt: skip
    return found


def router(chassis: str, v6: bool = False) -> list[Wanted]:
    """A router between A, B and the outside (198.51.100.10)."""
    port_a, leg_a = leg(LEG_A, NET_A, 0xA1, (SUB_A, "10.1.0.1/24"))
    port_b, leg_b = leg(LEG_B, NET_B, 0xB1, (SUB_B, "10.2.0.1/24"))
    port_e, _ = leg(LEG_EXT, NET_EXT, 0xE1, (SUB_EXT, "198.51.100.10/24"))
    legs, ports = [leg_a, leg_b], [port_a, port_b, port_e]
    if v6:
        port_6, leg_6 = leg(LEG_A6, NET_A, 0xA6, (SUB_A6, "fd00:a::1/64"))
        legs.append(leg_6)
        ports.append(port_6)
    gateway = RouterGateway(
        LEG_EXT,
        NET_EXT,
        mac(0xE1),
        (InterfaceAddress(SUB_EXT, "198.51.100.10/24"),),
        next_hops=("198.51.100.1",),
        snat_prefixes=("10.1.0.0/24", "10.2.0.0/24"),
    )
    wanted = WantedRouter(id=ROUTER, revision=1, interfaces=tuple(legs), gateway=gateway, gateway_chassis=(chassis,))
    return [*ports, wanted]


def floating(port: WantedPort, address: str, *, distributed: bool = False) -> WantedFloatingIP:
    return WantedFloatingIP(
        id=ident(71),
        revision=1,
        router_id=ROUTER,
        address=address,
        fixed_address=port.fixed_ips[0].address,
        port_id=port.id,
        mac=mac(0xF1),
        distributed=distributed,
    )
