"""What a host has, what is used of it, and what each project uses."""

from typing import Any

from sqlalchemy import func, select

from pileus.compute.hypervisors.table import NODES
from pileus.compute.servers.table import SERVERS
from pileus.kernel.api.errors import NotFound
from pileus.kernel.store import Tx


def _entry(host: str, project: str, cpu: int, memory_mb: int, disk_gb: int) -> dict[str, Any]:
    resource = {"host": host, "project": project, "cpu": cpu, "memory_mb": memory_mb, "disk_gb": disk_gb}
    return {"resource": resource}


async def resources(tx: Tx, host: str) -> list[dict[str, Any]]:
    """The total, what is used now, the most that may be used, and what each project uses, as they are shown.

    Raises:
        NotFound: there is no such host.
    """
    node = await tx.first(select(NODES).where(NODES.c.host == host))
    if node is None:
        raise NotFound(f"Compute host {host} could not be found.")
    statement = select(
        SERVERS.c.project_id,
        func.sum(SERVERS.c.vcpus).label("cpu"),
        func.sum(SERVERS.c.memory_mib).label("memory_mb"),
        func.sum(SERVERS.c.root_gib).label("disk_gb"),
    )
    statement = statement.where(SERVERS.c.host == host).group_by(SERVERS.c.project_id).order_by(SERVERS.c.project_id)
    projects = [
        _entry(host, row["project_id"], int(row["cpu"]), int(row["memory_mb"]), int(row["disk_gb"]))
        for row in await tx.all(statement)
    ]
    cpu, memory, disk = (sum(p["resource"][name] for p in projects) for name in ("cpu", "memory_mb", "disk_gb"))
    return [
        _entry(host, "(total)", node["vcpus"], node["memory_mb"], node["local_gb"]),
        _entry(host, "(used_now)", cpu, memory + node["reserved_memory_mb"], disk),
        _entry(host, "(used_max)", cpu, memory, disk),
        *projects,
    ]
