"""Reading the snapshot that `plan` works on, and whether hosts are alive."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from pileus.compute.hypervisors.table import NODES
from pileus.compute.scheduling.types import HostView
from pileus.compute.servers.around.neighbours import Zones
from pileus.compute.servers.table import SERVERS
from pileus.compute.services.table import SERVICES
from pileus.kernel.store import Row, Tx
from pileus.placement.service import Placement

ALIVE = timedelta(seconds=60)
"""How long after its last pulse a host counts as alive."""


def is_alive(service: Row, now: datetime) -> bool:
    """Whether a compute service's pulse was felt lately and nobody has declared it down."""
    seen = service["last_seen_at"]
    return not service["forced_down"] and seen is not None and now - seen < ALIVE


async def compute_services(tx: Tx) -> dict[str, Row]:
    """The `nova-compute` services by host."""
    rows = await tx.all(select(SERVICES).where(SERVICES.c.binary == "nova-compute"))
    return {row["host"]: row for row in rows}


async def snapshot(tx: Tx, placement: Placement, zones: Zones, default_zone: str, now: datetime) -> list[HostView]:
    """Every compute host as it is now: a handful of queries however many hosts there are."""
    services = await compute_services(tx)
    nodes = {row["uuid"]: row for row in await tx.all(select(NODES.c.uuid, NODES.c.host, NODES.c.cpu_info))}
    in_zone = await zones.of_hosts(tx)
    counts = await tx.all(select(SERVERS.c.host, func.count().label("count")).group_by(SERVERS.c.host))
    servers = {row["host"]: row["count"] for row in counts}
    views = []
    for provider in await placement.snapshot(tx):
        node = nodes.get(provider.id)
        service = services.get(node["host"]) if node is not None else None
        if node is None or service is None:
            continue  # a provider of something else than servers
        host = node["host"]
        views.append(
            HostView(
                id=provider.id,
                name=host,
                alive=is_alive(service, now),
                enabled=not service["disabled"],
                zone=in_zone.get(host, default_zone),
                inventories=provider.inventories,
                used=provider.used,
                traits=provider.traits,
                arch=(node["cpu_info"] or {}).get("arch", "x86_64"),
                servers=servers.get(host, 0),
            )
        )
    return views
