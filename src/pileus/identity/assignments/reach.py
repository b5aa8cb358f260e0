"""Where a user could go: the projects and domains on which they hold a role."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from pileus.identity.assignments.logic import held_by
from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.projects.table import PROJECTS
from pileus.kernel.store import Tx


async def _held(tx: Tx, user_id: str, now: datetime, groups: Sequence[str]) -> list[tuple[str, str, bool]]:
    a = ASSIGNMENTS.c
    rows = await tx.all(select(a.target, a.target_id, a.inherited).where(held_by(user_id, now, groups)).distinct())
    return [(row["target"], row["target_id"], row["inherited"]) for row in rows]


async def projects_of(tx: Tx, user_id: str, now: datetime, groups: Sequence[str] = ()) -> list[str]:
    """The ids of the projects on which a user holds a role, inherited ones included."""
    held = await _held(tx, user_id, now, groups)
    found = {identifier for target, identifier, inherited in held if target == "project" and not inherited}
    level = [identifier for target, identifier, inherited in held if inherited and target != "system"]
    while level:
        p = PROJECTS.c
        below = await tx.all(select(p.id).where(p.parent_id.in_(level), p.is_domain.is_(False)))
        level = [row["id"] for row in below if row["id"] not in found]
        found.update(level)
    return sorted(found)


async def domains_of(tx: Tx, user_id: str, now: datetime, groups: Sequence[str] = ()) -> list[str]:
    """The ids of the domains on which a user holds a role."""
    held = await _held(tx, user_id, now, groups)
    return sorted({identifier for target, identifier, inherited in held if target == "domain" and not inherited})


async def reaches_system(tx: Tx, user_id: str, now: datetime, groups: Sequence[str] = ()) -> bool:
    """Whether a user holds a role on the system."""
    return any(target == "system" for target, _, _ in await _held(tx, user_id, now, groups))
