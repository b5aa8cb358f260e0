"""`/v3/groups` and their members."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select, update

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.directory.logic import Directories
from pileus.identity.errors import Malformed, Missing, duplicate
from pileus.identity.groups.schema import Group
from pileus.identity.groups.table import GROUPS, MEMBERS
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch, reading
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, manager_of, reader_of
from pileus.identity.users.api import own_domain, user_target
from pileus.identity.users.schema import User
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, head, patch, post, put, resource
from pileus.kernel.api.errors import Unavailable
from pileus.kernel.store import DuplicateRow, Row

_READ = reader_of("target.group.domain_id")
_WRITE = manager_of("target.group.domain_id")
_BOTH = "domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s"


@resource("/groups", schema=Group, policy="identity:%s")
class Groups:
    """Groups."""

    def __init__(self, revisions: Revisions, directories: Directories) -> None:
        self._revisions = revisions
        self._directories = directories

    async def load(self, call: Call, group_id: str) -> Row:
        """The group of that id."""
        return await fetch(call, GROUPS, group_id, "group")

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at."""
        if loaded is not None:
            return {"target.group.id": loaded["id"], "target.group.domain_id": loaded["domain_id"]}
        if call.operation.method == "POST":
            return {"target.group.domain_id": (call.body or {}).get("domain_id")}
        return {"target.group.domain_id": call.who.domain_id or None}

    @get(rule="list_groups", allow=_READ, transaction="none", raises=(Unavailable,))
    async def list(self, call: Call) -> Page:
        """List groups; those of a domain with a directory are read from there."""
        params = dict(call.params)
        domain_id = call.who.domain_id or params.get("domain_id")
        if domain_id:
            await self._directories.see_all("group", domain_id, params.get("name", ""))
        statement = select(GROUPS)
        if call.who.domain_id:
            statement = statement.where(GROUPS.c.domain_id == call.who.domain_id)
        async with reading(call):
            return await listing(call, GROUPS, ("name", "domain_id"), statement)

    @get("/{group_id}", rule="get_group", allow=_READ, transaction="none", raises=(Unavailable,))
    async def show(self, call: Call, group: Row) -> Row:
        """Show a group."""
        await self._directories.see("group", group["id"])
        return await self.load(call, group["id"])

    @post(rule="create_group", allow=_WRITE)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a group, in the caller's domain unless another is named."""
        values = {**split(body, GROUPS), "id": call.world.ids.hex()}
        values["domain_id"] = body.get("domain_id") or own_domain(call)
        where = (PROJECTS.c.id == values["domain_id"], PROJECTS.c.is_domain.is_(True))
        if await call.tx.first(select(PROJECTS.c.id).where(*where)) is None:
            raise Missing(kind="domain", id=values["domain_id"])
        await self._directories.refuse_write(call.tx, values["domain_id"])
        try:
            await call.tx.insert(GROUPS, values)
        except DuplicateRow as error:
            raise duplicate("group", values["name"]) from error
        return values

    @patch("/{group_id}", rule="update_group", allow=_WRITE)
    async def update(self, call: Call, group: Row, body: dict[str, Any]) -> Row:
        """Change a group."""
        await self._directories.refuse_write(call.tx, group["domain_id"])
        if body.get("domain_id", group["domain_id"]) != group["domain_id"]:
            raise Malformed("A group cannot move to another domain.")
        values = merged(group, body, GROUPS)
        try:
            await call.tx.run(update(GROUPS).where(GROUPS.c.id == group["id"]).values(**values))
        except DuplicateRow as error:
            raise duplicate("group", body["name"]) from error
        return {**group, **values}

    @delete("/{group_id}", rule="delete_group", allow=_WRITE)
    async def remove(self, call: Call, group: Row) -> None:
        """Delete a group; its members lose what they held through it."""
        await self._directories.refuse_write(call.tx, group["domain_id"])
        a = ASSIGNMENTS.c
        await call.tx.run(remove(MEMBERS).where(MEMBERS.c.group_id == group["id"]))
        await call.tx.run(remove(ASSIGNMENTS).where(a.actor == "group", a.actor_id == group["id"]))
        await call.tx.run(remove(GROUPS).where(GROUPS.c.id == group["id"]))
        await self._revisions.changed(call.tx)

    @get(
        "/{group_id}/users",
        rule="list_users_in_group",
        allow=_READ,
        returns=User,
        many=True,
        transaction="none",
        raises=(Unavailable,),
    )
    async def users(self, call: Call, group: Row) -> Page:
        """List a group's members."""
        await self._directories.see_members(group["id"])
        members = select(MEMBERS.c.user_id).where(MEMBERS.c.group_id == group["id"])
        chosen = select(USERS).where(USERS.c.id.in_(members))
        async with reading(call):
            return await listing(call, USERS, ("name", "domain_id", "enabled"), chosen)


@resource("/groups/{group_id}/users/{user_id}", policy="identity:%s")
class Membership:
    """One user's belonging to one group."""

    def __init__(self, revisions: Revisions, directories: Directories) -> None:
        self._revisions = revisions
        self._directories = directories

    async def load(self, call: Call, group_id: str, user_id: str) -> tuple[Row, Row]:
        """Both rows."""
        group = await fetch(call, GROUPS, group_id, "group")
        return group, await fetch(call, USERS, user_id, "user")

    def target(self, _call: Call, loaded: tuple[Row, Row]) -> dict[str, Any]:
        """What rights look at: both."""
        group, user = loaded
        return {**user_target(user), "target.group.domain_id": group["domain_id"]}

    @put(rule="add_user_to_group", allow=f"{ADMIN} or (role:manager and {_BOTH})", body=None, status=204)
    async def add(self, call: Call, pair: tuple[Row, Row]) -> None:
        """Make a user a member."""
        await self._directories.refuse_write(call.tx, pair[0]["domain_id"])
        if not await self._is_member(call, pair):
            await call.tx.insert(MEMBERS, {"group_id": pair[0]["id"], "user_id": pair[1]["id"]})
            await self._revisions.changed(call.tx)

    @head(rule="check_user_in_group", allow=f"{ADMIN_OR_SYSTEM_READER} or (role:reader and {_BOTH})", status=204)
    async def check(self, call: Call, pair: tuple[Row, Row]) -> None:
        """Whether a user is a member."""
        if not await self._is_member(call, pair):
            raise Missing(f"User '{pair[1]['id']}' not found in group '{pair[0]['id']}'.")

    @get(
        rule="check_user_in_group",
        allow=f"{ADMIN_OR_SYSTEM_READER} or (role:reader and {_BOTH})",
        status=204,
        many=False,
    )
    async def check_too(self, call: Call, pair: tuple[Row, Row]) -> None:
        """Whether a user is a member."""
        await self.check(call, pair)

    @delete(rule="remove_user_from_group", allow=f"{ADMIN} or (role:manager and {_BOTH})")
    async def remove(self, call: Call, pair: tuple[Row, Row]) -> None:
        """End a membership."""
        await self._directories.refuse_write(call.tx, pair[0]["domain_id"])
        await self.check(call, pair)
        m = MEMBERS.c
        await call.tx.run(remove(MEMBERS).where(m.group_id == pair[0]["id"], m.user_id == pair[1]["id"]))
        await self._revisions.changed(call.tx)

    async def _is_member(self, call: Call, pair: tuple[Row, Row]) -> bool:
        m = MEMBERS.c
        where = (m.group_id == pair[0]["id"], m.user_id == pair[1]["id"])
        return await call.tx.first(select(MEMBERS).where(*where)) is not None
