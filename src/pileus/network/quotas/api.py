"""`/quotas`."""

from typing import Any

from sqlalchemy import select

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, put, resource
from pileus.kernel.store import Row
from pileus.network.quotas.logic import COUNTED, limits, must_suffice, used
from pileus.network.quotas.schema import Quota
from pileus.network.quotas.table import QUOTAS
from pileus.network.rules import ADMIN, ADMIN_OR_MANAGER

_OWN = f"{ADMIN_OR_MANAGER} or (role:reader and project_id:%(project_id)s)"


@resource("/quotas", schema=Quota)
class QuotaApi:
    """What projects may have."""

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        return {"project_id": id, "tenant_id": id}

    @get(rule="get_quota", allow=_OWN, returns=None)
    async def list(self, call: Call) -> Any:
        """List projects whose limits differ from the defaults: all for administrators, else one's own."""
        statement = select(QUOTAS.c.project_id).distinct()
        if not call.who.is_admin:
            statement = statement.where(QUOTAS.c.project_id == call.who.project_id)
        projects = [row["project_id"] for row in await call.tx.all(statement)]
        found = [
            {**await limits(call.tx, project), "project_id": project, "tenant_id": project}
            for project in sorted(projects)
        ]
        return {"quotas": found}

    @get("/{id}", rule="get_quota", allow=_OWN)
    async def show(self, call: Call, project: Row) -> Row:
        """Show a project's limits."""
        return await limits(call.tx, project["project_id"])

    @get("/{id}/default", rule="get_quota", allow=_OWN)
    async def default(self, call: Call, project: Row) -> Row:
        """Show the limits of a project for which none were set."""
        return {name: default for name, (_, default) in COUNTED.items()}

    @get("/{id}/defaults", rule="get_quota", allow=_OWN)
    async def defaults(self, call: Call, project: Row) -> Row:
        """Show the limits of a project for which none were set."""
        return {name: default for name, (_, default) in COUNTED.items()}

    @get("/{id}/details.json", rule="get_quota", allow=_OWN, returns=None)
    async def details(self, call: Call, project: Row) -> Any:
        """Show a project's limits and what it uses."""
        return await self._details(call, project)

    @get("/{id}/details", rule="get_quota", allow=_OWN, returns=None)
    async def details_plain(self, call: Call, project: Row) -> Any:
        """Show a project's limits and what it uses."""
        return await self._details(call, project)

    async def _details(self, call: Call, project: Row) -> Any:
        most = await limits(call.tx, project["project_id"])
        have = await used(call.tx, project["project_id"])
        return {"quota": {name: {"limit": most[name], "used": have[name], "reserved": 0} for name in COUNTED}}

    @put("/{id}", rule="update_quota", allow=ADMIN)
    async def update(self, call: Call, project: Row, body: dict[str, Any]) -> Row:
        """Set some limits of a project."""
        tx, owner = call.tx, project["project_id"]
        if body.get("check_limit") and not body.get("force"):
            await must_suffice(tx, owner, {name: body[name] for name in COUNTED if name in body})
        for name in COUNTED:
            if name in body:
                await tx.run(QUOTAS.delete().where(QUOTAS.c.project_id == owner, QUOTAS.c.resource == name))
                await tx.insert(QUOTAS, {"project_id": owner, "resource": name, "most": body[name]})
        return await limits(tx, owner)

    @delete("/{id}", rule="delete_quota", allow=ADMIN)
    async def delete(self, call: Call, project: Row) -> None:
        """Return a project to the defaults."""
        await call.tx.run(QUOTAS.delete().where(QUOTAS.c.project_id == project["project_id"]))
