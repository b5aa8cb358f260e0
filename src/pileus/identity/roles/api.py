"""`/v3/roles` and what they imply."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import or_, select, update

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.errors import Malformed, Missing, NotAllowed, duplicate
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.projects.logic import refuse_immutable
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.schema import Role
from pileus.identity.roles.table import IMPLICATIONS, ROLES
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, DOMAIN_MANAGED_ROLE
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, head, patch, post, put, resource
from pileus.kernel.store import DuplicateRow, Row, Tx

UNREACHABLE = ("admin",)
"""Roles that nothing may imply."""


@resource(
    "/roles",
    schema=Role,
    policy="identity:%s",
    rights={
        "get_domain_role": (ADMIN_OR_SYSTEM_READER, "Show a role of a domain."),
        "list_domain_roles": (ADMIN_OR_SYSTEM_READER, "List the roles of a domain."),
        "create_domain_role": (ADMIN, "Create a role of a domain."),
        "update_domain_role": (ADMIN, "Change a role of a domain."),
        "delete_domain_role": (ADMIN, "Delete a role of a domain."),
    },
)
class Roles:
    """Roles."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, role_id: str) -> Row:
        """The role of that id."""
        return await fetch(call, ROLES, role_id, "role")

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at."""
        return {"target.role.name": loaded["name"]} if loaded else {}

    @get(rule="list_roles", allow=f"{ADMIN_OR_SYSTEM_READER} or (role:manager and not domain_id:None)")
    async def list(self, call: Call) -> Page:
        """List the roles of the whole cloud, or of the domain that is asked for."""
        domain = dict(call.params).get("domain_id", "")
        if domain:
            call.must("list_domain_roles")
        chosen = select(ROLES).where(ROLES.c.domain_id == domain)
        return await listing(call, ROLES, ("name", "description"), chosen)

    @get(
        "/{role_id}",
        rule="get_role",
        allow=f"{ADMIN_OR_SYSTEM_READER} or (role:manager and {DOMAIN_MANAGED_ROLE})",
    )
    async def show(self, call: Call, role: Row) -> Row:
        """Show a role."""
        if role["domain_id"]:
            call.must("get_domain_role")
        return role

    @post(rule="create_role", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a role."""
        values = {"description": None, **split(body, ROLES), "id": call.world.ids.hex()}
        values["domain_id"] = body.get("domain_id") or ""
        if values["domain_id"]:
            call.must("create_domain_role")
            where = (PROJECTS.c.id == values["domain_id"], PROJECTS.c.is_domain.is_(True))
            if await call.tx.first(select(PROJECTS.c.id).where(*where)) is None:
                raise Missing(kind="domain", id=values["domain_id"])
        try:
            await call.tx.insert(ROLES, values)
        except DuplicateRow as error:
            raise duplicate("role", values["name"]) from error
        await self._revisions.changed(call.tx)
        return values

    @patch("/{role_id}", rule="update_role", allow=ADMIN)
    async def update(self, call: Call, role: Row, body: dict[str, Any]) -> Row:
        """Change a role."""
        if role["domain_id"]:
            call.must("update_domain_role")
        refuse_immutable(role, "role", "update", body.get("options"))
        if (body.get("domain_id", role["domain_id"]) or "") != role["domain_id"]:
            raise Malformed("A role cannot move to another domain.")
        values = merged(role, {k: v for k, v in body.items() if k != "domain_id"}, ROLES)
        if "options" in values:
            options = {**role["options"], **values["options"]}
            values["options"] = {name: value for name, value in options.items() if value is not None}
        try:
            await call.tx.run(update(ROLES).where(ROLES.c.id == role["id"]).values(**values))
        except DuplicateRow as error:
            raise duplicate("role", body["name"]) from error
        await self._revisions.changed(call.tx)
        return {**role, **values}

    @delete("/{role_id}", rule="delete_role", allow=ADMIN)
    async def remove(self, call: Call, role: Row) -> None:
        """Delete a role; whoever held it no longer does."""
        if role["domain_id"]:
            call.must("delete_domain_role")
        refuse_immutable(role, "role", "delete", None)
        i = IMPLICATIONS.c
        await call.tx.run(remove(ASSIGNMENTS).where(ASSIGNMENTS.c.role_id == role["id"]))
        await call.tx.run(remove(IMPLICATIONS).where(or_(i.prior_id == role["id"], i.implied_id == role["id"])))
        await call.tx.run(remove(ROLES).where(ROLES.c.id == role["id"]))
        await self._revisions.changed(call.tx)


def _brief(call: Call, row: Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "links": {"self": call.url("roles", row["id"])}}


@resource("/roles/{prior_id}/implies", policy="identity:%s")
class Implications:
    """What a role implies: whoever holds the prior role holds the implied one too."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    @get(rule="list_implied_roles", allow=ADMIN_OR_SYSTEM_READER, returns=None)
    async def list(self, call: Call, prior_id: str) -> dict[str, Any]:
        """List what a role implies."""
        prior = await fetch(call, ROLES, prior_id, "role")
        i = IMPLICATIONS.c
        chosen = select(ROLES).join(IMPLICATIONS, i.implied_id == ROLES.c.id).where(i.prior_id == prior_id)
        rows = await call.tx.all(chosen.order_by(ROLES.c.name))
        return {
            "role_inference": {"prior_role": _brief(call, prior), "implies": [_brief(call, row) for row in rows]},
            "links": {"self": call.url("roles", prior_id, "implies")},
        }

    async def _pair(self, call: Call, prior_id: str, implied_id: str) -> tuple[Row, Row]:
        return await fetch(call, ROLES, prior_id, "role"), await fetch(call, ROLES, implied_id, "role")

    @put("/{implied_id}", rule="create_implied_role", allow=ADMIN, body=None, status=201, returns=None)
    async def create(self, call: Call, prior_id: str, implied_id: str) -> dict[str, Any]:
        """Make a role imply another."""
        prior, implied = await self._pair(call, prior_id, implied_id)
        if implied["name"] in UNREACHABLE or prior_id == implied_id:
            raise NotAllowed(f"{implied_id} cannot be an implied roles.")
        if implied["domain_id"] and not prior["domain_id"]:
            raise NotAllowed("A role of the whole cloud cannot imply the role of a domain.")
        if not await self._exists(call.tx, prior_id, implied_id):
            await call.tx.insert(IMPLICATIONS, {"prior_id": prior_id, "implied_id": implied_id})
            await self._revisions.changed(call.tx)
        return self._shown(call, prior, implied)

    @get("/{implied_id}", rule="get_implied_role", allow=ADMIN_OR_SYSTEM_READER, returns=None)
    async def show(self, call: Call, prior_id: str, implied_id: str) -> dict[str, Any]:
        """Show one implication."""
        prior, implied = await self._pair(call, prior_id, implied_id)
        await self._must_exist(call.tx, prior_id, implied_id)
        return self._shown(call, prior, implied)

    @head("/{implied_id}", rule="check_implied_role", allow=ADMIN_OR_SYSTEM_READER, status=204)
    async def check(self, call: Call, prior_id: str, implied_id: str) -> None:
        """Whether a role implies another."""
        await self._pair(call, prior_id, implied_id)
        await self._must_exist(call.tx, prior_id, implied_id)

    @delete("/{implied_id}", rule="delete_implied_role", allow=ADMIN)
    async def remove(self, call: Call, prior_id: str, implied_id: str) -> None:
        """Stop a role from implying another."""
        await self._pair(call, prior_id, implied_id)
        await self._must_exist(call.tx, prior_id, implied_id)
        i = IMPLICATIONS.c
        await call.tx.run(remove(IMPLICATIONS).where(i.prior_id == prior_id, i.implied_id == implied_id))
        await self._revisions.changed(call.tx)

    async def _exists(self, tx: Tx, prior_id: str, implied_id: str) -> bool:
        i = IMPLICATIONS.c
        where = (i.prior_id == prior_id, i.implied_id == implied_id)
        return await tx.first(select(IMPLICATIONS).where(*where)) is not None

    async def _must_exist(self, tx: Tx, prior_id: str, implied_id: str) -> None:
        if not await self._exists(tx, prior_id, implied_id):
            raise Missing(f"{prior_id} does not imply {implied_id}.")

    def _shown(self, call: Call, prior: Row, implied: Row) -> dict[str, Any]:
        return {
            "role_inference": {"prior_role": _brief(call, prior), "implies": _brief(call, implied)},
            "links": {"self": call.url("roles", prior["id"], "implies", implied["id"])},
        }


@resource("/role_inferences", policy="identity:%s")
class Inferences:
    """Every implication at once."""

    @get(rule="list_role_inference_rules", allow=ADMIN_OR_SYSTEM_READER, returns=None)
    async def list(self, call: Call) -> dict[str, Any]:
        """List what roles imply."""
        roles = {row["id"]: row for row in await call.tx.all(select(ROLES))}
        implied: dict[str, list[Row]] = {}
        for row in await call.tx.all(select(IMPLICATIONS)):
            implied.setdefault(row["prior_id"], []).append(roles[row["implied_id"]])
        return {
            "role_inferences": [
                {"prior_role": _brief(call, roles[identifier]), "implies": [_brief(call, row) for row in rows]}
                for identifier, rows in implied.items()
            ],
            "links": {"self": call.url("role_inferences"), "next": None, "previous": None},
        }
