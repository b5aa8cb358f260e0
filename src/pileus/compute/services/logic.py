"""Which services there are, whether they are up, and what operators decide of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from pileus.compute.aggregates.logic import INTERNAL, forget_host, zones
from pileus.compute.hypervisors.table import NODES
from pileus.compute.servers.table import SERVERS
from pileus.compute.services.table import SERVICES
from pileus.compute.settings import ComputeSettings
from pileus.kernel.api.errors import BadRequest, Conflict, NotFound
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.placement.service import Placement

COMPUTE_BINARY = "nova-compute"
TOPICS = {COMPUTE_BINARY: "compute", "nova-scheduler": "scheduler", "nova-conductor": "conductor"}
"""The topic of each binary that there is."""


async def heard(tx: Tx, world: World, host: str, binary: str = COMPUTE_BINARY) -> None:
    """Note a heartbeat; the first one makes the service."""
    now = world.clock.now()
    these = (SERVICES.c.host == host) & (SERVICES.c.binary == binary)
    if await tx.run(update(SERVICES).where(these).values(last_seen_at=now)):
        return
    row = {
        "uuid": world.ids.uuid(),
        "host": host,
        "binary": binary,
        "topic": TOPICS[binary],
        "disabled": False,
        "forced_down": False,
        "version": 1,
        "created_at": now,
        "last_seen_at": now,
    }
    await tx.insert(SERVICES, row)


def is_up(service: Row, now: datetime, settings: ComputeSettings) -> bool:
    """Whether a service was heard lately and nobody has declared it down."""
    seen: datetime | None = service["last_seen_at"]
    if service["forced_down"] or seen is None:
        return False
    return now - seen <= timedelta(seconds=settings.service_down_seconds)


async def listed(tx: Tx, now: datetime, settings: ComputeSettings, **where: str) -> list[Row]:
    """Services with `zone` and `up`, by their columns' values."""
    statement = select(SERVICES).order_by(SERVICES.c.id)
    for name, value in where.items():
        statement = statement.where(SERVICES.c[name] == value)
    of_hosts = await zones(tx)
    return [
        {
            **row,
            "up": is_up(row, now, settings),
            "zone": of_hosts.get(row["host"], settings.default_zone) if row["binary"] == COMPUTE_BINARY else INTERNAL,
        }
        for row in await tx.all(statement)
    ]


async def find(tx: Tx, where: Mapping[str, Any]) -> Row:
    """One service by its columns' values.

    Raises:
        NotFound: there is none.
    """
    statement = select(SERVICES)
    for name, value in where.items():
        statement = statement.where(SERVICES.c[name] == value)
    row = await tx.first(statement)
    if row is None:
        if "host" in where:
            raise NotFound(f"Could not find binary {where['binary']} on host {where['host']}.")
        raise NotFound(f"Service {next(iter(where.values()))} not found.")
    return row


async def decide(tx: Tx, world: World, service: Row, values: Mapping[str, Any]) -> None:
    """Enable, disable or force down a service.

    Raises:
        BadRequest: it is not a host's.
    """
    if service["binary"] != COMPUTE_BINARY:
        raise BadRequest(
            f"Updating a {service['binary']} service is not supported. Only nova-compute services can be updated."
        )
    changes = {**values, "updated_at": world.clock.now()}
    await tx.run(update(SERVICES).where(SERVICES.c.id == service["id"]).values(changes))


async def remove(tx: Tx, placement: Placement, service: Row) -> None:
    """Forget a service, and with a host's all that is known of the host.

    Raises:
        Conflict: servers run on the host.
    """
    if service["binary"] == COMPUTE_BINARY:
        here = select(func.count()).select_from(SERVERS).where(SERVERS.c.host == service["host"])
        if await tx.scalar(here):
            raise Conflict(
                "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
            )
        await forget_host(tx, service["host"])
        for node in await tx.all(select(NODES.c.uuid).where(NODES.c.host == service["host"])):
            await placement.remove_provider(tx, node["uuid"])
        await tx.run(delete(NODES).where(NODES.c.host == service["host"]))
    await tx.run(delete(SERVICES).where(SERVICES.c.id == service["id"]))
