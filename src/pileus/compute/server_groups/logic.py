"""What happens to server groups, and what servers do with them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select

from pileus.compute.quotas.logic import shortages
from pileus.compute.server_groups.table import GROUPS, MEMBERS
from pileus.kernel.api.errors import Forbidden, NotFound
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World


class GroupNotFound(NotFound):
    """404: there is no such group, or the caller may not know of it."""

    message = "Instance group {id} could not be found."


class TooManyGroups(Forbidden):
    """403: the project may not have more groups."""

    message = "Quota exceeded, too many server groups."


class TooManyMembers(Forbidden):
    """403: the group may not have more members."""

    message = "Quota exceeded, too many servers in group"


async def with_members(tx: Tx, rows: Sequence[Row]) -> list[Row]:
    """The rows with `members`, ids of servers in the order in which they came."""
    members: dict[str, list[str]] = {row["id"]: [] for row in rows}
    statement = select(MEMBERS).where(MEMBERS.c.group_id.in_(members)).order_by(MEMBERS.c.number)
    for row in await tx.all(statement):
        members[row["group_id"]].append(row["server_id"])
    return [{**row, "members": members[row["id"]]} for row in rows]


async def find(tx: Tx, who: Caller, id: str) -> Row:
    """A group that the caller may know of, with its members.

    Raises:
        GroupNotFound: there is none.
    """
    statement = select(GROUPS).where(GROUPS.c.id == id)
    if not who.is_admin:
        statement = statement.where(GROUPS.c.project_id == who.project_id)
    row = await tx.first(statement)
    if row is None:
        raise GroupNotFound(id=id)
    (found,) = await with_members(tx, [row])
    return found


def listing(project_id: str | None) -> Select[Any]:
    """A statement of a project's groups, or of all, oldest first."""
    statement = select(GROUPS).order_by(GROUPS.c.number)
    return statement if project_id is None else statement.where(GROUPS.c.project_id == project_id)


async def create(tx: Tx, world: World, who: Caller, *, name: str, policy: str, most: int | None) -> Row:
    """Make a group for the caller's project.

    Args:
        most: members on one host under anti-affinity; None for one.

    Raises:
        TooManyGroups: the quota does not allow it.
    """
    if await shortages(tx, who.project_id, {"server_groups": 1}, user_id=who.user_id):
        raise TooManyGroups
    row = {
        "id": world.ids.uuid(),
        "name": name,
        "policy": policy,
        "max_server_per_host": most,
        "project_id": who.project_id,
        "user_id": who.user_id,
        "created_at": world.clock.now(),
    }
    await tx.insert(GROUPS, row)
    return {**row, "members": []}


async def remove(tx: Tx, group: Row) -> None:
    """Delete a group; its servers stay where they are."""
    await tx.run(delete(MEMBERS).where(MEMBERS.c.group_id == group["id"]))
    await tx.run(delete(GROUPS).where(GROUPS.c.id == group["id"]))


async def join(tx: Tx, group_id: str, server_id: str) -> None:
    """Put a server into a group, in the transaction that makes the server.

    Raises:
        GroupNotFound: the group is gone.
        TooManyMembers: the quota does not allow it.
    """
    group = await tx.first(select(GROUPS).where(GROUPS.c.id == group_id))
    if group is None:
        raise GroupNotFound(id=group_id)
    wanted = {"server_group_members": 1}
    if await shortages(tx, group["project_id"], wanted, group_id=group_id):
        raise TooManyMembers
    last = await tx.scalar(select(func.max(MEMBERS.c.number)).where(MEMBERS.c.group_id == group_id))
    await tx.insert(MEMBERS, {"group_id": group_id, "server_id": server_id, "number": (last or 0) + 1})


async def leave(tx: Tx, server_id: str) -> None:
    """Take a server out of its group, if it is in one."""
    await tx.run(delete(MEMBERS).where(MEMBERS.c.server_id == server_id))


async def of_servers(tx: Tx, server_ids: Sequence[str]) -> dict[str, str]:
    """The group of each server that is in one."""
    rows = await tx.all(select(MEMBERS).where(MEMBERS.c.server_id.in_(server_ids)))
    return {row["server_id"]: row["group_id"] for row in rows}
