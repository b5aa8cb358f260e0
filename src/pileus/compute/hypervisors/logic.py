"""Which hypervisors there are, what is used of each, and which servers run there."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from pileus.compute.hypervisors.table import NODES
from pileus.compute.servers.table import SERVERS
from pileus.compute.services.logic import COMPUTE_BINARY, is_up
from pileus.compute.services.table import SERVICES
from pileus.compute.settings import ComputeSettings
from pileus.kernel.store import Row, Tx

_USED = {"running_vms": 0, "vcpus_used": 0, "memory_used": 0, "local_gb_used": 0}


async def used(tx: Tx) -> dict[str, dict[str, int]]:
    """What live servers use of each host: their count, VCPUs, MiB of memory, GiB of disk."""
    statement = select(
        SERVERS.c.host,
        func.count().label("running_vms"),
        func.sum(SERVERS.c.vcpus).label("vcpus_used"),
        func.sum(SERVERS.c.memory_mib).label("memory_used"),
        func.sum(SERVERS.c.root_gib).label("local_gb_used"),
    )
    rows = await tx.all(statement.where(SERVERS.c.host.is_not(None)).group_by(SERVERS.c.host))
    return {row["host"]: {name: int(row[name]) for name in _USED} for row in rows}


async def listed(tx: Tx, now: datetime, settings: ComputeSettings) -> list[Row]:
    """Every hypervisor with its service, in the order of their numbers.

    Rows have `service` (a row of compute_services), `up`, and what is used and free.  One without a service is left
    out: its host is gone.
    """
    services = await tx.all(select(SERVICES).where(SERVICES.c.binary == COMPUTE_BINARY))
    by_host = {row["host"]: row for row in services}
    counted = await used(tx)
    found = []
    for node in await tx.all(select(NODES).order_by(NODES.c.id)):
        service = by_host.get(node["host"])
        if service is None:
            continue
        has = counted.get(node["host"], _USED)
        memory_used = has["memory_used"] + node["reserved_memory_mb"]
        figures = {
            **has,
            "memory_mb_used": memory_used,
            "free_ram_mb": node["memory_mb"] - memory_used,
            "free_disk_gb": node["local_gb"] - has["local_gb_used"],
            "current_workload": 0,
        }
        found.append({**node, **figures, "service": service, "up": is_up(service, now, settings)})
    return found


async def with_servers(tx: Tx, nodes: list[Row]) -> list[Row]:
    """The same rows with `servers`: names and ids of what runs there."""
    hosts = {node["host"] for node in nodes}
    statement = select(SERVERS.c.id, SERVERS.c.name, SERVERS.c.host).where(SERVERS.c.host.in_(hosts))
    by_host: dict[str, list[dict[str, Any]]] = {host: [] for host in hosts}
    for row in await tx.all(statement.order_by(SERVERS.c.created_at, SERVERS.c.id)):
        by_host[row["host"]].append({"name": row["name"], "uuid": row["id"]})
    return [{**node, "servers": by_host[node["host"]]} for node in nodes]


_SUMMED = (
    "vcpus",
    "memory_mb",
    "local_gb",
    "vcpus_used",
    "memory_mb_used",
    "local_gb_used",
    "free_ram_mb",
    "free_disk_gb",
    "current_workload",
    "running_vms",
    "disk_available_least",
)


def statistics(nodes: list[Row]) -> dict[str, int]:
    """The sums over the hypervisors that may be used."""
    usable = [node for node in nodes if not node["service"]["disabled"]]
    return {"count": len(usable), **{name: sum(node[name] or 0 for node in usable) for name in _SUMMED}}
