"""Computing usage from servers' rows.  A server that is gone leaves no row, and no usage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from pileus.compute.aggregates.schema import stamp
from pileus.compute.servers.table import SERVERS
from pileus.kernel.store import Row


def during(start: datetime, stop: datetime, project_id: str | None) -> Select[Any]:
    """A statement of the servers that ran during a period, of one project or of all."""
    statement = select(SERVERS).where(
        SERVERS.c.launched_at < stop, or_(SERVERS.c.terminated_at.is_(None), SERVERS.c.terminated_at > start)
    )
    return statement if project_id is None else statement.where(SERVERS.c.project_id == project_id)


def of_server(row: Row, start: datetime, stop: datetime, now: datetime) -> dict[str, Any]:
    """What one server used between two moments, as it is shown."""
    ended: datetime | None = row["terminated_at"]
    first, last = max(row["launched_at"], start), min(ended or stop, stop)
    return {
        "instance_id": row["id"],
        "name": row["name"],
        "tenant_id": row["project_id"],
        "flavor": row["flavor"].get("name", ""),
        "vcpus": row["vcpus"],
        "memory_mb": row["memory_mib"],
        "local_gb": row["root_gib"] + int(row["flavor"].get("ephemeral", 0)),
        "hours": max((last - first).total_seconds(), 0.0) / 3600,
        "started_at": stamp(row["launched_at"]),
        "ended_at": None if ended is None else stamp(ended),
        "state": row["vm_state"] if ended is None else "terminated",
        "uptime": int(((ended or now) - row["launched_at"]).total_seconds()),
    }


def of_projects(
    rows: Sequence[Row], start: datetime, stop: datetime, now: datetime, *, detailed: bool
) -> list[dict[str, Any]]:
    """What the servers of each project used together, in the order in which projects first appear."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = of_server(row, start, stop, now)
        total = found.setdefault(
            row["project_id"],
            {
                "tenant_id": row["project_id"],
                "total_hours": 0.0,
                "total_vcpus_usage": 0.0,
                "total_memory_mb_usage": 0.0,
                "total_local_gb_usage": 0.0,
                "start": stamp(start),
                "stop": stamp(stop),
                **({"server_usages": []} if detailed else {}),
            },
        )
        total["total_hours"] += one["hours"]
        for name in ("vcpus", "memory_mb", "local_gb"):
            total[f"total_{name}_usage"] += one[name] * one["hours"]
        if detailed:
            total["server_usages"].append(one)
    return list(found.values())
