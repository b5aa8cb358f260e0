"""Sums of what a project's consumers have."""

from typing import Any

from sqlalchemy import func, select

from pileus.kernel.store import Tx
from pileus.placement.allocations.table import ALLOCATIONS, CONSUMERS

UNKNOWN = "unknown"
"""Stands for the type of consumers that have none."""


async def by_type(tx: Tx, project: str, user: str | None, wanted: str | None) -> dict[str, dict[str, int]]:
    """Amounts by consumer type, by resource class, with the `consumer_count` of each type.

    Args:
        user: only this user's consumers; None for all.
        wanted: only this type; "unknown" for consumers without one, "all" for the sum over all types, None for all.
    """
    a, c = ALLOCATIONS.c, CONSUMERS.c
    owned = [c.project_id == project]
    if user is not None:
        owned.append(c.user_id == user)
    if wanted == UNKNOWN:
        owned.append(c.type.is_(None))
    elif wanted is not None and wanted != "all":
        owned.append(c.type == wanted)
    amounts = select(c.type, a.resource_class, func.sum(a.used).label("used")).join(CONSUMERS).where(*owned)
    counts = select(c.type, func.count().label("count")).where(*owned, c.uuid.in_(select(a.consumer))).group_by(c.type)
    out: dict[str, dict[str, int]] = {}
    for row in await tx.all(amounts.group_by(c.type, a.resource_class).order_by(a.resource_class)):
        entry = out.setdefault("all" if wanted == "all" else row["type"] or UNKNOWN, {})
        entry[row["resource_class"]] = entry.get(row["resource_class"], 0) + int(row["used"])
    for row in await tx.all(counts):
        entry = out.setdefault("all" if wanted == "all" else row["type"] or UNKNOWN, {})
        entry["consumer_count"] = entry.get("consumer_count", 0) + row["count"]
    return out


def in_all(usages: dict[str, dict[str, int]]) -> dict[str, Any]:
    """The amounts of what `by_type` finds under "all", without the count."""
    return {name: used for name, used in usages.get("all", {}).items() if name != "consumer_count"}
