"""How limits of projects and of their domains bind each other: `flat`, or `strict_two_level`."""

from collections.abc import Sequence

from sqlalchemy import select

from pileus.identity.errors import InvalidLimit
from pileus.identity.limits.table import LIMITS, REGISTERED_LIMITS
from pileus.identity.projects.table import PROJECTS
from pileus.kernel.store import Row, Tx

FLAT, STRICT = "flat", "strict_two_level"
MODELS = {
    FLAT: "Limit enforcement and validation does not take project hierarchy into consideration.",
    STRICT: "This model requires project hierarchy never exceeds a depth of two",
}


def depth_of(model: str) -> int:
    """Levels of projects at the most, the domain included."""
    return 2 if model == STRICT else 5


async def check_levels(tx: Tx, row: Row, beside: Sequence[Row]) -> None:
    """Raise where a project's limit would be larger than its domain's.

    Args:
        beside: limits that are made in the same request.

    Raises:
        InvalidLimit: it would.
    """
    same = ("service_id", "region_id", "resource_name")

    def alike(other: Row) -> bool:
        return all(other[name] == row[name] for name in same)

    if row["project_id"]:
        parent = await tx.first(select(PROJECTS.c.parent_id).where(PROJECTS.c.id == row["project_id"]))
        above = parent["parent_id"] if parent else None
        stored = await tx.all(select(LIMITS).where(LIMITS.c.domain_id == above))
        most = [other["resource_limit"] for other in (*beside, *stored) if other["domain_id"] == above and alike(other)]
        if not most:
            where = REGISTERED_LIMITS.c.id == row["registered_limit_id"]
            most = [r["default_limit"] for r in await tx.all(select(REGISTERED_LIMITS).where(where))]
        fits = not most or _within(row["resource_limit"], most[0])
    else:
        below = select(PROJECTS.c.id).where(PROJECTS.c.parent_id == row["domain_id"])
        children = await tx.all(select(LIMITS).where(LIMITS.c.project_id.in_(below)))
        fits = all(_within(other["resource_limit"], row["resource_limit"]) for other in children if alike(other))
    if not fits:
        level = "project_id" if row["project_id"] else "domain_id"
        raise InvalidLimit(
            reason=f"The resource limit ({level}: {row[level]}, resource_name: {row['resource_name']}, resource_limit: "
            f"{row['resource_limit']}, service_id: {row['service_id']}, region_id: {row['region_id']}) doesn't satisfy "
            "current hierarchy model."
        )


def _within(inner: int, outer: int) -> bool:
    """Whether a limit is no larger than another; -1 is larger than any."""
    return outer == -1 or (inner != -1 and inner <= outer)
