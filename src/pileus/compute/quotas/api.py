"""The operations on quotas."""

from typing import Any

from pileus.compute.quotas import logic
from pileus.compute.quotas.schema import QuotaClassSet, QuotaSet, UserQuery
from pileus.compute.rules import ADMIN, ANYBODY, READER_OR_ADMIN
from pileus.identity.service import Identity
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row


@resource("/os-quota-sets", schema=QuotaSet, policy="os_compute_api:os-quota-sets:%s")
class QuotaSets:
    """What projects may have."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def target(self, call: Call, _loaded: Row | None) -> dict[str, Any]:
        """A quota belongs to the project that the path names."""
        return {**call.own(), "project_id": call.names["id"], "tenant_id": call.names["id"]}

    async def _known(self, call: Call, id: str) -> None:
        if not await self._identity.project_exists(call.tx, id):
            raise BadRequest(f"Project ID {id} is not a valid project.")

    @get("/{id}", rule="show", allow=READER_OR_ADMIN, query=UserQuery)
    async def show(self, call: Call, id: str) -> Row:
        """Show what a project may have."""
        await self._known(call, id)
        return {"id": id, **await logic.limits(call.tx, id, call.query.get("user_id", ""))}

    @get("/{id}/detail", rule="detail", allow=READER_OR_ADMIN, query=UserQuery)
    async def detail(self, call: Call, id: str) -> Row:
        """Show what a project may have, and what it has."""
        await self._known(call, id)
        user_id = call.query.get("user_id", "")
        used = await logic.usage(call.tx, id, user_id)
        limits = await logic.limits(call.tx, id, user_id)
        return {"id": id, **{n: {"limit": most, "in_use": used[n], "reserved": 0} for n, most in limits.items()}}

    @get("/{id}/defaults", rule="defaults", allow=ANYBODY)
    async def defaults(self, call: Call, id: str) -> Row:
        """Show what a project without a quota of its own may have."""
        await self._known(call, id)
        return {"id": id, **await logic.class_limits(call.tx)}

    @put("/{id}", rule="update", allow=ADMIN, query=UserQuery)
    async def update(self, call: Call, id: str, body: dict[str, Any]) -> Row:
        """Change what a project may have."""
        await self._known(call, id)
        user_id = call.query.get("user_id", "")
        wanted = {name: most for name, most in body.items() if name != "force"}
        await logic.change(call.tx, id, user_id, wanted, force=body.get("force", False))
        return await logic.limits(call.tx, id, user_id)

    @delete("/{id}", rule="delete", allow=ADMIN, status=202, query=UserQuery)
    async def delete(self, call: Call, id: str) -> None:
        """Give a project the defaults again."""
        await logic.forget(call.tx, id, call.query.get("user_id", ""))


@resource("/os-quota-class-sets", schema=QuotaClassSet, policy="os_compute_api:os-quota-class-sets:%s")
class QuotaClassSets:
    """What projects without a quota of their own may have."""

    @get("/{id}", rule="show", allow=ADMIN)
    async def show(self, call: Call, id: str) -> Row:
        """Show a quota class."""
        return {"id": id, **await logic.class_limits(call.tx, id)}

    @put("/{id}", rule="update", allow=ADMIN)
    async def update(self, call: Call, id: str, body: dict[str, Any]) -> Row:
        """Change a quota class."""
        if len(id) > 255:
            raise BadRequest("quota_class_name has more than 255 characters.")
        await logic.change_class(call.tx, id, body)
        return await logic.class_limits(call.tx, id)
