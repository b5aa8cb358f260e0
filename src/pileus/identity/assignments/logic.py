"""What assignments amount to: the roles that a user holds on a target."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.sql import ColumnElement

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.groups.table import EXPIRING_MEMBERS, MEMBERS
from pileus.identity.projects.table import PROJECTS
from pileus.kernel.store import Tx

MOST_DEPTH = 32
"""Levels of projects that are followed upwards; deeper trees cannot be made."""


async def ancestors(tx: Tx, project: dict[str, Any]) -> list[dict[str, Any]]:
    """The projects above one, nearest first, the domain last."""
    found: list[dict[str, Any]] = []
    parent = project["parent_id"]
    while parent and len(found) < MOST_DEPTH:
        row = await tx.first(select(PROJECTS).where(PROJECTS.c.id == parent))
        if row is None:
            break
        found.append(row)
        parent = row["parent_id"]
    return found


def groups_of(user_id: str, now: datetime) -> Any:
    """The ids of a user's groups, those included that an identity provider told of for a while."""
    lasting = select(MEMBERS.c.group_id).where(MEMBERS.c.user_id == user_id)
    e = EXPIRING_MEMBERS.c
    return union_all(lasting, select(e.group_id).where(e.user_id == user_id, e.expires_at > now))


def held_by(user_id: str, now: datetime, groups: Sequence[str] = ()) -> ColumnElement[bool]:
    """The condition of an assignment's being to the user or to a group of theirs.

    Args:
        groups: further groups, that only the user's token tells of.
    """
    c = ASSIGNMENTS.c
    told = [and_(c.actor == "group", c.actor_id.in_(groups))] if groups else []
    return or_(
        and_(c.actor == "user", c.actor_id == user_id),
        and_(c.actor == "group", c.actor_id.in_(groups_of(user_id, now))),
        *told,
    )


def on_project(project_id: str, above: list[str]) -> ColumnElement[bool]:
    """The condition of an assignment's holding for a project, `above` being the ids of what is above it."""
    c = ASSIGNMENTS.c
    direct = and_(c.target == "project", c.target_id == project_id, c.inherited.is_(False))
    if not above:
        return direct
    return or_(direct, and_(c.target.in_(("project", "domain")), c.target_id.in_(above), c.inherited.is_(True)))


def on_target(kind: str, id: str) -> ColumnElement[bool]:
    """The condition of an assignment's being on a domain or the system itself."""
    c = ASSIGNMENTS.c
    return and_(c.target == kind, c.target_id == id, c.inherited.is_(False))


async def role_ids(
    tx: Tx, user_id: str, where: ColumnElement[bool], now: datetime, groups: Sequence[str] = ()
) -> set[str]:
    """The ids of the roles that a user holds, implied ones not yet counted."""
    rows = await tx.all(select(ASSIGNMENTS.c.role_id).where(held_by(user_id, now, groups), where))
    return {row["role_id"] for row in rows}
