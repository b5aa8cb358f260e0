"""The operations on server groups."""

from typing import Any

from pileus.compute.pages.logic import window
from pileus.compute.rules import ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.server_groups import logic
from pileus.compute.server_groups.schema import ANTI_AFFINITY, HARD, GroupQuery, ServerGroup
from pileus.compute.versions import SOFT_GROUP_POLICIES
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row


@resource(
    "/os-server-groups",
    schema=ServerGroup,
    policy="os_compute_api:os-server-groups:%s",
    rights={"index:all_projects": (ADMIN, "List the groups of every project.")},
)
class ServerGroups:
    """Servers that are put together or kept apart."""

    async def load(self, call: Call, id: str) -> Row:
        """The group, if the caller may know of it."""
        return await logic.find(call.tx, call.who, id)

    @get(rule="index", allow=READER_OR_ADMIN, query=GroupQuery)
    async def index(self, call: Call) -> list[Row]:
        """List groups."""
        everything = "all_projects" in call.query and call.may("index:all_projects")
        statement = logic.listing(None if everything else call.who.project_id)
        limit, _ = window(call)
        rows = await call.tx.all(statement.limit(limit or None).offset(call.query.get("offset", 0)))
        return await logic.with_members(call.tx, rows)

    @get("/{id}", rule="show", allow=READER_OR_ADMIN)
    async def show(self, call: Call, group: Row) -> Row:
        """Show a group."""
        return group

    @post(rule="create", allow=MEMBER_OR_ADMIN, status=200, raises=(logic.TooManyGroups,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a group."""
        policy = body["policy"]
        if policy not in HARD and not call.applies(SOFT_GROUP_POLICIES):
            raise BadRequest(f"Invalid input for field/attribute 0. Value: {policy}. '{policy}' is not one of {HARD}")
        rules = body.get("rules") or {}
        if rules and policy != ANTI_AFFINITY:
            raise BadRequest("Only anti-affinity policy supports rules.")
        most = rules.get("max_server_per_host")
        return await logic.create(call.tx, call.world, call.who, name=body["name"], policy=policy, most=most)

    @delete("/{id}", rule="delete", allow=MEMBER_OR_ADMIN)
    async def delete(self, call: Call, group: Row) -> None:
        """Delete a group."""
        await logic.remove(call.tx, group)
