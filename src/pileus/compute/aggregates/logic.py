"""What happens to aggregates, and the zones that follow from them.

What must hold: the aggregates of one host name at most one zone, and a host's zone does not change below servers.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update

from pileus.compute.aggregates.table import AGGREGATE_HOSTS, AGGREGATES
from pileus.compute.servers.table import SERVERS
from pileus.compute.services.table import SERVICES
from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, NotFound
from pileus.kernel.api.formats import is_whole
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

ZONE = "availability_zone"
INTERNAL = "internal"
"""The zone in which services other than hosts are shown; nobody can make it."""


class AggregateNotFound(NotFound):
    """404: there is no such aggregate."""

    message = "Aggregate {id} could not be found."


class AggregateExists(Conflict):
    """409: another aggregate has the name."""

    message = "Aggregate {name} already exists."


async def zones(tx: Tx) -> dict[str, str]:
    """The zone of each host that an aggregate puts into one; other hosts are in the default zone."""
    joined = select(AGGREGATE_HOSTS.c.host, AGGREGATES.c.metadata).join(AGGREGATES)
    return {row["host"]: row["metadata"][ZONE] for row in await tx.all(joined) if row["metadata"].get(ZONE)}


async def listed(tx: Tx) -> list[Row]:
    """Every aggregate with its hosts."""
    rows = await tx.all(select(AGGREGATES).order_by(AGGREGATES.c.id))
    hosts: dict[int, list[str]] = {row["id"]: [] for row in rows}
    for row in await tx.all(select(AGGREGATE_HOSTS).order_by(AGGREGATE_HOSTS.c.host)):
        hosts[row["aggregate_id"]].append(row["host"])
    return [{**row, "hosts": hosts[row["id"]]} for row in rows]


async def find(tx: Tx, id: str) -> Row:
    """An aggregate with its hosts.

    Raises:
        BadRequest: the id is not a number.
        AggregateNotFound: there is none.
    """
    if not is_whole(id.removeprefix("-")):
        raise BadRequest(f"id must be an integer: {id}")
    row = await tx.first(select(AGGREGATES).where(AGGREGATES.c.id == int(id))) if len(id) < 10 else None
    if row is None:
        raise AggregateNotFound(id=id)
    hosts = select(AGGREGATE_HOSTS.c.host).where(AGGREGATE_HOSTS.c.aggregate_id == row["id"])
    return {**row, "hosts": [h["host"] for h in await tx.all(hosts.order_by(AGGREGATE_HOSTS.c.host))]}


async def _free_name(tx: Tx, name: str, id: int = 0) -> None:
    taken = select(AGGREGATES.c.id).where(AGGREGATES.c.name == name, AGGREGATES.c.id != id)
    if await tx.scalar(taken) is not None:
        raise AggregateExists(name=name)


def _usable_zone(zone: str | None) -> None:
    if zone is not None and (zone == INTERNAL or not zone.strip()):
        raise BadRequest(f"Invalid availability zone name: '{zone}'")


async def create(tx: Tx, world: World, name: str, zone: str | None) -> Row:
    """Make an aggregate without hosts.

    Raises:
        AggregateExists: the name is taken.
        BadRequest: the zone's name cannot be used.
    """
    await _free_name(tx, name)
    _usable_zone(zone)
    row = {
        "uuid": world.ids.uuid(),
        "name": name,
        "metadata": {ZONE: zone} if zone else {},
        "created_at": world.clock.now(),
    }
    await tx.insert(AGGREGATES, row)
    return await find(tx, str(await tx.scalar(select(AGGREGATES.c.id).where(AGGREGATES.c.uuid == row["uuid"]))))


async def _move(tx: Tx, aggregate: Row, hosts: list[str], zone: str | None, error: type[ApiError]) -> None:
    """Refuse to put hosts into another zone while servers run there, or into two zones at once.

    Args:
        zone: what the aggregate will say of these hosts' zone; None for nothing.
        error: what to raise.
    """
    others = select(AGGREGATE_HOSTS.c.host, AGGREGATES.c.metadata).join(AGGREGATES)
    others = others.where(AGGREGATES.c.id != aggregate["id"], AGGREGATE_HOSTS.c.host.in_(hosts))
    elsewhere = {r["host"]: r["metadata"][ZONE] for r in await tx.all(others) if r["metadata"].get(ZONE)}
    clash = sorted({z for z in elsewhere.values() if zone and z != zone})
    what = f"Cannot update aggregate {aggregate['id']}. Reason:"
    if clash:
        raise error(f"{what} One or more hosts already in availability zone(s) {clash}")
    before = await zones(tx)
    moved = [host for host in hosts if before.get(host) != (zone or elsewhere.get(host))]
    if moved and await tx.scalar(select(func.count()).select_from(SERVERS).where(SERVERS.c.host.in_(moved))):
        raise error(f"{what} One or more hosts contain instances in this zone")


async def change(tx: Tx, world: World, aggregate: Row, wanted: Mapping[str, Any]) -> Row:
    """Change an aggregate's name, zone (`availability_zone`) or both.

    Raises:
        AggregateExists: the name is taken.
        BadRequest: the zone cannot be changed.
    """
    values: dict[str, Any] = {}
    if "name" in wanted:
        await _free_name(tx, wanted["name"], aggregate["id"])
        values["name"] = wanted["name"]
    if ZONE in wanted:
        values["metadata"] = await _with(tx, aggregate, {ZONE: wanted[ZONE]})
    return await _write(tx, world, aggregate, values)


async def annotate(tx: Tx, world: World, aggregate: Row, metadata: Mapping[str, str | None]) -> Row:
    """Add metadata to an aggregate; null removes a key.

    Raises:
        BadRequest: the zone cannot be changed.
    """
    return await _write(tx, world, aggregate, {"metadata": await _with(tx, aggregate, metadata)})


async def _with(tx: Tx, aggregate: Row, metadata: Mapping[str, str | None]) -> dict[str, str]:
    if ZONE in metadata and metadata[ZONE] != aggregate["metadata"].get(ZONE):
        _usable_zone(metadata[ZONE])
        await _move(tx, aggregate, aggregate["hosts"], metadata[ZONE], BadRequest)
    merged = {**aggregate["metadata"], **metadata}
    return {key: value for key, value in merged.items() if value is not None}


async def _write(tx: Tx, world: World, aggregate: Row, values: dict[str, Any]) -> Row:
    values["updated_at"] = world.clock.now()
    await tx.run(update(AGGREGATES).where(AGGREGATES.c.id == aggregate["id"]).values(values))
    return {**aggregate, **values}


async def add_host(tx: Tx, world: World, aggregate: Row, host: str) -> Row:
    """Put a host into an aggregate.

    Raises:
        NotFound: there is no such host.
        Conflict: it is in the aggregate, in another zone, or runs servers that would change zones.
    """
    known = select(SERVICES.c.id).where(SERVICES.c.host == host, SERVICES.c.binary == "nova-compute")
    if await tx.scalar(known) is None:
        raise NotFound(f"Compute host {host} could not be found.")
    if host in aggregate["hosts"]:
        raise Conflict(f"Aggregate {aggregate['id']} already has host {host}.")
    zone = aggregate["metadata"].get(ZONE)
    if zone:
        await _move(tx, aggregate, [host], zone, Conflict)
    await tx.insert(AGGREGATE_HOSTS, {"aggregate_id": aggregate["id"], "host": host})
    return await _write(tx, world, {**aggregate, "hosts": sorted([*aggregate["hosts"], host])}, {})


async def remove_host(tx: Tx, world: World, aggregate: Row, host: str) -> Row:
    """Take a host out of an aggregate.

    Raises:
        NotFound: it is not in it.
        Conflict: it runs servers that would change zones.
    """
    if host not in aggregate["hosts"]:
        raise NotFound(f"Cannot remove host {host} in aggregate {aggregate['id']}")
    if aggregate["metadata"].get(ZONE):
        await _move(tx, aggregate, [host], None, Conflict)
    these = (AGGREGATE_HOSTS.c.aggregate_id == aggregate["id"]) & (AGGREGATE_HOSTS.c.host == host)
    await tx.run(delete(AGGREGATE_HOSTS).where(these))
    return await _write(tx, world, {**aggregate, "hosts": [h for h in aggregate["hosts"] if h != host]}, {})


async def remove(tx: Tx, aggregate: Row) -> None:
    """Delete an aggregate without hosts.

    Raises:
        BadRequest: it has some.
    """
    if aggregate["hosts"]:
        raise BadRequest(
            f"Cannot perform action 'delete' on aggregate {aggregate['id']}. Reason: Host aggregate is not empty"
        )
    await tx.run(delete(AGGREGATES).where(AGGREGATES.c.id == aggregate["id"]))


async def forget_host(tx: Tx, host: str) -> None:
    """Take a host that is gone out of every aggregate."""
    await tx.run(delete(AGGREGATE_HOSTS).where(AGGREGATE_HOSTS.c.host == host))
