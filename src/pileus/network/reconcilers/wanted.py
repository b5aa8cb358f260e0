"""The wanted state, computed from the database: a few queries for any number of objects.

The revision of a wanted object is a digest of its content, so that whatever row changes what is wanted changes the
revision, and a comparison with the backend's inventory finds every difference.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import blake2b
from ipaddress import ip_network
from typing import Any

import msgspec
from sqlalchemy import select

from pileus.kernel.store import Row, Tx
from pileus.network.backend.wanted import (
    AddressPair,
    DhcpOption,
    Direction,
    FixedIP,
    HostRoute,
    InterfaceAddress,
    Ipv6Mode,
    Kind,
    NetworkType,
    PortKind,
    Ref,
    RouterGateway,
    RouterInterface,
    SecurityRule,
    StaticRoute,
    Wanted,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSecurityGroup,
    WantedSubnet,
    ref_of,
)
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.table import NETWORKS
from pileus.network.ports.logic import complete as complete_ports
from pileus.network.ports.table import PORTS
from pileus.network.routers.logic import GATEWAY, INTERFACE
from pileus.network.routers.table import ROUTERS
from pileus.network.security_groups.table import GROUPS, RULES
from pileus.network.settings import NetworkSettings
from pileus.network.subnets.table import ADDRESSES, SUBNETS

_KINDS = {
    "network:distributed": PortKind.METADATA,
    INTERFACE: PortKind.ROUTER,
    GATEWAY: PortKind.ROUTER,
}
_OUTSIDE = {"direct", "direct-physical", "macvtap", "baremetal"}
_TABLES = {
    Kind.NETWORK: NETWORKS,
    Kind.SUBNET: SUBNETS,
    Kind.PORT: PORTS,
    Kind.ROUTER: ROUTERS,
    Kind.FLOATING_IP: FLOATINGIPS,
    Kind.SECURITY_GROUP: GROUPS,
}
CHUNK = 2000
"""Objects that are computed at once at the most."""


def digested(wanted: Any) -> Any:
    """The wanted object with the digest of its content as its revision."""
    digest = blake2b(msgspec.msgpack.encode(wanted), digest_size=6).digest()
    return msgspec.structs.replace(wanted, revision=int.from_bytes(digest, "big"))


def dhcp_mac(prefix: str, subnet_id: str) -> str:
    """The MAC that a subnet's DHCP server answers with: the same for as long as the subnet lives."""
    octets = blake2b(subnet_id.encode(), digest_size=3).digest()
    return ":".join([prefix.lower(), *(f"{octet:02x}" for octet in octets)])


class WantedState:
    """Computes what the backend should have.

    Args:
        settings: where the resolvers and the MAC prefix stand.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        self._settings = settings
        self._makers: dict[Kind, Callable[[Tx, list[Row], Sequence[str]], Any]] = {
            Kind.NETWORK: self._networks,
            Kind.SUBNET: self._subnets,
            Kind.PORT: self._ports,
            Kind.ROUTER: self._routers,
            Kind.FLOATING_IP: self._floating,
            Kind.SECURITY_GROUP: self._groups,
        }

    async def of(self, tx: Tx, refs: Collection[Ref], gateways: Sequence[str]) -> dict[Ref, Wanted]:
        """The wanted objects with these names; those that are not wanted are missing.

        Args:
            gateways: names of the chassis that may carry routers' gateways, sorted.
        """
        by_kind: dict[Kind, list[str]] = defaultdict(list)
        for ref in refs:
            by_kind[ref.kind].append(ref.id)
        found: dict[Ref, Wanted] = {}
        for kind in Kind:
            ids = by_kind.get(kind, [])
            for at in range(0, len(ids), CHUNK):
                table = _TABLES[kind]
                rows = await tx.all(select(table).where(table.c.id.in_(ids[at : at + CHUNK])))
                for wanted in await self._makers[kind](tx, rows, gateways):
                    found[ref_of(wanted)] = digested(wanted)
        return found

    async def all_refs(self, tx: Tx) -> list[Ref]:
        """The names of everything in the database."""
        return [Ref(kind, row["id"]) for kind, table in _TABLES.items() for row in await tx.all(select(table.c.id))]

    async def _networks(self, _tx: Tx, rows: list[Row], _gateways: Sequence[str]) -> list[WantedNetwork]:
        return [
            WantedNetwork(
                id=row["id"],
                revision=0,
                mtu=row["mtu"],
                type=NetworkType(row["network_type"]),
                physical_network=row["physical_network"] or "",
                vlan_id=row["segmentation_id"] if row["network_type"] == "vlan" else None,
                external=bool(row["external"]),
                port_security=bool(row["port_security_enabled"]),
                dns_domain=row["dns_domain"],
                enabled=bool(row["admin_state_up"]),
            )
            for row in rows
        ]

    async def _subnets(self, _tx: Tx, rows: list[Row], _gateways: Sequence[str]) -> list[WantedSubnet]:
        return [self._subnet(row) for row in rows]

    def _subnet(self, row: Row) -> WantedSubnet:
        return WantedSubnet(
            id=row["id"],
            revision=0,
            network_id=row["network_id"],
            cidr=row["cidr"],
            ip_version=row["ip_version"],
            gateway=row["gateway_ip"],
            dhcp=bool(row["enable_dhcp"]),
            dhcp_mac=dhcp_mac(self._settings.mac_prefix, row["id"]) if row["enable_dhcp"] else "",
            dns_servers=tuple(row["dns_nameservers"] or self._servers(row["ip_version"])),
            host_routes=tuple(HostRoute(route["destination"], route["nexthop"]) for route in row["host_routes"]),
            ra_mode=Ipv6Mode(row["ipv6_ra_mode"]) if row["ipv6_ra_mode"] else None,
            address_mode=Ipv6Mode(row["ipv6_address_mode"]) if row["ipv6_address_mode"] else None,
        )

    def _servers(self, version: int) -> list[str]:
        return [server for server in self._settings.dns_servers if (":" in server) == (version == 6)]

    async def _ports(self, tx: Tx, rows: list[Row], _gateways: Sequence[str]) -> list[WantedPort]:
        wanted = [row for row in rows if row["device_owner"] != "network:floatingip"]
        return [_port(row) for row in await complete_ports(tx, wanted)]

    async def _routers(self, tx: Tx, rows: list[Row], gateways: Sequence[str]) -> list[WantedRouter]:
        ids = [row["id"] for row in rows]
        statement = (
            select(
                PORTS.c.id,
                PORTS.c.device_id,
                PORTS.c.device_owner,
                PORTS.c.network_id,
                PORTS.c.mac_address,
                ADDRESSES.c.ip_address,
                SUBNETS.c.id.label("subnet_id"),
                SUBNETS.c.cidr,
                SUBNETS.c.gateway_ip,
                SUBNETS.c.ip_version,
            )
            .select_from(PORTS)
            .join(ADDRESSES, ADDRESSES.c.port_id == PORTS.c.id)
            .join(SUBNETS, SUBNETS.c.id == ADDRESSES.c.subnet_id)
            .where(PORTS.c.device_id.in_(ids), PORTS.c.device_owner.in_((INTERFACE, GATEWAY)))
            .order_by(PORTS.c.id, ADDRESSES.c.position)
        )
        by_router: dict[str, list[Row]] = defaultdict(list)
        for leg in await tx.all(statement):
            by_router[leg["device_id"]].append(leg)
        return [_router(row, by_router[row["id"]], gateways) for row in rows]

    async def _floating(self, _tx: Tx, rows: list[Row], _gateways: Sequence[str]) -> list[WantedFloatingIP]:
        return [
            WantedFloatingIP(
                id=row["id"],
                revision=0,
                router_id=row["router_id"],
                address=row["floating_ip_address"],
                fixed_address=row["fixed_ip_address"],
                port_id=row["fixed_port_id"],
            )
            for row in rows
            if row["router_id"] and row["fixed_port_id"]
        ]

    async def _groups(self, tx: Tx, rows: list[Row], _gateways: Sequence[str]) -> list[WantedSecurityGroup]:
        by_group: dict[str, list[SecurityRule]] = defaultdict(list)
        found = select(RULES).where(RULES.c.group_id.in_([row["id"] for row in rows])).order_by(RULES.c.id)
        for rule in await tx.all(found):
            by_group[rule["group_id"]].append(
                SecurityRule(
                    id=rule["id"],
                    direction=Direction(rule["direction"]),
                    ip_version=4 if rule["ethertype"] == "IPv4" else 6,
                    protocol=rule["protocol"],
                    port_min=rule["port_range_min"],
                    port_max=rule["port_range_max"],
                    remote_prefix=rule["remote_ip_prefix"],
                    remote_group=rule["remote_group_id"],
                )
            )
        return [
            WantedSecurityGroup(
                id=row["id"], revision=0, stateful=bool(row["stateful"]), rules=tuple(by_group[row["id"]])
            )
            for row in rows
        ]


def _port(row: Row) -> WantedPort:
    kind = _KINDS.get(row["device_owner"], PortKind.VIF)
    if kind is PortKind.VIF and row["binding_vnic_type"] in _OUTSIDE:
        kind = PortKind.EXTERNAL
    return WantedPort(
        id=row["id"],
        revision=0,
        network_id=row["network_id"],
        mac=row["mac_address"],
        kind=kind,
        fixed_ips=tuple(FixedIP(fixed["subnet_id"], fixed["ip_address"]) for fixed in row["fixed_ips"]),
        allowed_pairs=tuple(AddressPair(p["ip_address"], p["mac_address"]) for p in row["allowed_address_pairs"]),
        port_security=bool(row["port_security_enabled"]),
        security_groups=tuple(sorted(row["security_groups"])),
        enabled=bool(row["admin_state_up"]),
        hosts=(row["binding_host"],) if row["binding_host"] else (),
        dhcp_options=tuple(
            DhcpOption(o["opt_name"], str(o["opt_value"]), o["ip_version"]) for o in row["extra_dhcp_opts"]
        ),
        dns_name=row["dns_name"],
    )


def _by_port(legs: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for leg in legs:
        found[leg["id"]].append(leg)
    return found


def _addresses(legs: list[Row]) -> tuple[InterfaceAddress, ...]:
    return tuple(
        InterfaceAddress(leg["subnet_id"], f"{leg['ip_address']}/{ip_network(leg['cidr']).prefixlen}") for leg in legs
    )


def _router(row: Row, legs: list[Row], chassis: Sequence[str]) -> WantedRouter:
    inside = [leg for leg in legs if leg["device_owner"] == INTERFACE]
    outside = [leg for leg in legs if leg["id"] == row["gateway_port_id"]]
    gateway = None
    if outside:
        hops = {leg["ip_version"]: leg["gateway_ip"] for leg in reversed(outside) if leg["gateway_ip"]}
        gateway = RouterGateway(
            port_id=outside[0]["id"],
            network_id=outside[0]["network_id"],
            mac=outside[0]["mac_address"],
            addresses=_addresses(outside),
            next_hops=tuple(hops[version] for version in sorted(hops)),
            snat=bool(row["enable_snat"]),
            snat_prefixes=tuple(sorted({leg["cidr"] for leg in inside if leg["ip_version"] == 4})),
        )
    # each router prefers another gateway, so that they share the work
    turn = int.from_bytes(blake2b(row["id"].encode(), digest_size=4).digest(), "big") % max(len(chassis), 1)
    return WantedRouter(
        id=row["id"],
        revision=0,
        enabled=bool(row["admin_state_up"]),
        interfaces=tuple(
            RouterInterface(port_id, on[0]["network_id"], on[0]["mac_address"], _addresses(on))
            for port_id, on in _by_port(inside).items()
        ),
        gateway=gateway,
        routes=tuple(StaticRoute(route["destination"], route["nexthop"]) for route in row["routes"]),
        gateway_chassis=(*chassis[turn:], *chassis[:turn]) if gateway is not None else (),
    )
