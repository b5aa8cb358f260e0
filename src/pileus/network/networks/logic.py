"""What happens to networks."""

from typing import Any

from sqlalchemy import ColumnElement, Label, Select, and_, exists, or_, select, true

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.network.address_scopes.table import ADDRESS_SCOPES
from pileus.network.backend.wanted import Kind
from pileus.network.errors import ExternalNetworkInUse, InvalidInput, InvalidSharedSetting, NetworkInUse
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports.table import PORTS
from pileus.network.quotas.logic import claim
from pileus.network.rbac.table import RBAC
from pileus.network.settings import NetworkSettings
from pileus.network.standard.logic import change, new_row
from pileus.network.subnetpools.table import SUBNETPOOLS
from pileus.network.subnets.table import SUBNETS

GENEVE_OVERHEAD = 58
"""Bytes that geneve over IPv4 adds to a guest's packet, OVN's options included."""

OWN_PORTS = ("network:distributed", "network:dhcp")
"""Ports that the service made itself and that go with their network or subnet."""

SHARED = "access_as_shared"


def shared_with(who: Caller) -> ColumnElement[bool]:
    """Whether a network is shared with the caller."""
    return exists().where(
        RBAC.c.object_id == NETWORKS.c.id, RBAC.c.action == SHARED, RBAC.c.target_project.in_(("*", who.project_id))
    )


def shared_column(who: Caller) -> Label[Any]:
    """What `shared` shows to the caller."""
    return shared_with(who).label("shared")


def reachable(who: Caller) -> ColumnElement[bool]:
    """Whether the caller may know of a network."""
    if who.is_admin:
        return true()
    return or_(NETWORKS.c.project_id == who.project_id, NETWORKS.c.external, shared_with(who))


def visible(who: Caller) -> Select[Any]:
    """The networks that a caller may know of."""
    return select(NETWORKS, shared_column(who)).where(reachable(who))


async def complete(tx: Tx, rows: list[Row], zone: str) -> list[Row]:
    """Rows with their subnets, zones and address scopes, by one further query."""
    scope = ADDRESS_SCOPES.c.id.label("scope")
    joined = SUBNETS.outerjoin(SUBNETPOOLS, SUBNETS.c.subnetpool_id == SUBNETPOOLS.c.id).outerjoin(
        ADDRESS_SCOPES, SUBNETPOOLS.c.address_scope_id == ADDRESS_SCOPES.c.id
    )
    statement = select(SUBNETS.c.id, SUBNETS.c.network_id, SUBNETS.c.ip_version, scope).select_from(joined)
    found = await tx.all(statement.where(SUBNETS.c.network_id.in_([row["id"] for row in rows])))
    subnets: dict[str, list[str]] = {}
    scopes: dict[tuple[str, int], str | None] = {}
    for subnet in found:
        subnets.setdefault(subnet["network_id"], []).append(subnet["id"])
        scopes[subnet["network_id"], subnet["ip_version"]] = subnet["scope"]
    for row in rows:
        row["subnets"] = subnets.get(row["id"], [])
        row["availability_zones"] = [zone]
        row["ipv4_address_scope"] = scopes.get((row["id"], 4))
        row["ipv6_address_scope"] = scopes.get((row["id"], 6))
        row["l2_adjacency"] = True
    return rows


class Networks:
    """Makes, changes and removes networks."""

    def __init__(self, world: World, changes: Changes, settings: NetworkSettings) -> None:
        self._world = world
        self._changes = changes
        self._settings = settings

    def _provider(self, body: dict[str, Any]) -> dict[str, Any]:
        kind = body.get("provider:network_type") or "geneve"
        physical = body.get("provider:physical_network")
        segment = body.get("provider:segmentation_id")
        if kind not in {"geneve", "flat", "vlan"}:
            raise InvalidInput(f"Unknown network type {kind}")
        if kind == "geneve" and physical:
            raise InvalidInput("provider:physical_network specified for geneve network")
        if kind != "geneve" and not physical:
            raise InvalidInput(f"physical_network required for {kind} provider network")
        if kind == "flat" and segment is not None:
            raise InvalidInput("provider:segmentation_id specified for flat network")
        if kind == "vlan" and not (segment is not None and 1 <= segment <= 4094):
            raise InvalidInput("segmentation_id out of range (1 through 4094)")
        if kind == "geneve" and segment is None:
            segment = self._world.ids.random().randrange(1, 65536)
        return {"network_type": kind, "physical_network": physical, "segmentation_id": segment}

    def _most_mtu(self, kind: str) -> int:
        return self._settings.physical_mtu - (GENEVE_OVERHEAD if kind == "geneve" else 0)

    def _mtu(self, kind: str, asked: int | None) -> int:
        most = self._most_mtu(kind)
        if asked is not None and asked > most:
            raise InvalidInput(f"Requested MTU is too big, maximum is {most}")
        return asked or most

    async def create(self, call: Call, project_id: str, body: dict[str, Any]) -> Row:
        """Make a network.

        Raises:
            OverQuota, InvalidInput.
        """
        tx = call.tx
        await claim(tx, project_id, "network")
        provider = self._provider(body)
        if zones := [zone for zone in body["availability_zone_hints"] if zone != self._settings.availability_zone]:
            raise BadRequest(f"AvailabilityZone {zones[0]} could not be found.")
        row = {
            **new_row(self._world, project_id, body),
            **provider,
            "admin_state_up": body["admin_state_up"],
            "status": "ACTIVE",
            "port_security_enabled": body["port_security_enabled"],
            "mtu": self._mtu(provider["network_type"], body.get("mtu")),
            "external": body["router:external"],
            "is_default": body["is_default"],
            "dns_domain": body["dns_domain"],
            "availability_zone_hints": body["availability_zone_hints"],
        }
        if provider["network_type"] != "geneve":
            await self._refuse_twice(tx, provider)
        await tx.insert(NETWORKS, row)
        if body["shared"]:
            await self._share(tx, row)
        await self._changes.mark(tx, Kind.NETWORK, row["id"])
        return {**row, "shared": body["shared"]}

    async def _refuse_twice(self, tx: Tx, provider: dict[str, Any]) -> None:
        same = and_(
            *(
                NETWORKS.c[key].is_(value) if value is None else NETWORKS.c[key] == value
                for key, value in provider.items()
            )
        )
        if await tx.first(select(NETWORKS.c.id).where(same)):
            raise BadRequest(
                f"Unable to create the network. The {provider['network_type']} segment "
                f"{provider['segmentation_id'] or ''} on physical network {provider['physical_network']} is in use."
            )

    async def _share(self, tx: Tx, row: Row) -> None:
        policy = {
            "id": self._world.ids.uuid(),
            "project_id": row["project_id"],
            "object_type": "network",
            "object_id": row["id"],
            "action": SHARED,
            "target_project": "*",
        }
        try:
            async with tx.savepoint():
                await tx.insert(RBAC, policy)
        except DuplicateRow:
            return

    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a network."""
        tx = call.tx
        values = {key: value for key, value in body.items() if key in NETWORKS.c}
        for wire, column in (
            ("provider:segmentation_id", "segmentation_id"),
            ("provider:network_type", "network_type"),
            ("provider:physical_network", "physical_network"),
        ):
            if wire in body and body[wire] != row[column]:
                raise InvalidInput("Plugin does not support updating provider attributes")
        if body.get("mtu") is not None:
            values["mtu"] = self._mtu(row["network_type"], body["mtu"])
        if "router:external" in body:
            values["external"] = body["router:external"]
            if row["external"] and not values["external"]:
                await self._refuse_gateways(tx, row)
        changed = await change(tx, self._world, NETWORKS, row, values)
        if "shared" in body and body["shared"] != bool(row["shared"]):
            await (self._share(tx, row) if body["shared"] else self._unshare(tx, row))
            changed = {**changed, "shared": body["shared"]}
        await self._changes.mark(tx, Kind.NETWORK, row["id"])
        return changed

    async def _refuse_gateways(self, tx: Tx, row: Row) -> None:
        owners = ("network:router_gateway", "network:floatingip")
        found = select(PORTS.c.id).where(PORTS.c.network_id == row["id"], PORTS.c.device_owner.in_(owners))
        if await tx.first(found.limit(1)):
            raise ExternalNetworkInUse(id=row["id"])

    async def _unshare(self, tx: Tx, row: Row) -> None:
        await refuse_foreign(tx, row)
        await tx.run(RBAC.delete().where(RBAC.c.object_id == row["id"], RBAC.c.target_project == "*"))

    async def delete(self, call: Call, row: Row) -> None:
        """Remove a network with its subnets.

        Raises:
            NetworkInUse: there are ports that the service did not make itself.
        """
        tx = call.tx
        await self._drop_idle_addresses(tx, row)
        found = select(PORTS.c.id, PORTS.c.device_owner).where(PORTS.c.network_id == row["id"])
        ports = await tx.all(found)
        others = [port["id"] for port in ports if port["device_owner"] not in OWN_PORTS]
        if others:
            raise NetworkInUse(id=row["id"], ports=", ".join(sorted(others)))
        subnets = await tx.all(select(SUBNETS.c.id).where(SUBNETS.c.network_id == row["id"]))
        await tx.run(PORTS.delete().where(PORTS.c.network_id == row["id"]))
        await tx.run(NETWORKS.delete().where(NETWORKS.c.id == row["id"]))
        await self._changes.mark(tx, Kind.PORT, *[port["id"] for port in ports])
        await self._changes.mark(tx, Kind.SUBNET, *[subnet["id"] for subnet in subnets])
        await self._changes.mark(tx, Kind.NETWORK, row["id"])

    async def _drop_idle_addresses(self, tx: Tx, row: Row) -> None:
        """Floating IPs that lead nowhere go with their network."""
        idle = (FLOATINGIPS.c.floating_network_id == row["id"], FLOATINGIPS.c.fixed_port_id.is_(None))
        ports = [entry["floating_port_id"] for entry in await tx.all(select(FLOATINGIPS).where(*idle))]
        if ports:
            await tx.run(FLOATINGIPS.delete().where(*idle))
            await tx.run(PORTS.delete().where(PORTS.c.id.in_(ports)))


async def refuse_foreign(tx: Tx, network: Row, target: str = "*") -> None:
    """Raise where projects use a network that would no longer be shared with them.

    Raises:
        InvalidSharedSetting: some have ports there.
    """
    foreign = select(PORTS.c.id).where(
        PORTS.c.network_id == network["id"], PORTS.c.project_id.not_in((network["project_id"], ""))
    )
    if target != "*":
        foreign = foreign.where(PORTS.c.project_id == target)
    if await tx.first(foreign.limit(1)):
        raise InvalidSharedSetting(network=network["name"])
