"""What happens to trusts."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from pileus.identity.application_credentials.logic import moment
from pileus.identity.assignments.logic import ancestors, on_project, role_ids
from pileus.identity.errors import Malformed, Missing, NotAllowed
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.book import RoleBook
from pileus.identity.roles.table import ROLES
from pileus.identity.trusts.table import TRUSTS
from pileus.identity.users.table import USERS
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

MOST_REDELEGATIONS = 3
"""How often a trust may be handed on at the most."""


class TrustLogic:
    """Writes trusts."""

    def __init__(self, world: World, revisions: Revisions, book: RoleBook) -> None:
        self._world = world
        self._revisions = revisions
        self._book = book

    async def create(self, tx: Tx, who: Caller, body: dict[str, Any]) -> Row:
        """Make a trust, or hand one on where the caller came by one.

        Raises:
            Missing: a user or the project does not exist, or a role is not the trustor's to give.
            NotAllowed: no role is given.
            Malformed: the end lies in the past, or roles and project do not fit together.
        """
        if await tx.first(select(USERS.c.id).where(USERS.c.id == body["trustee_user_id"])) is None:
            raise Missing(kind="user", id=body["trustee_user_id"])
        end = moment(body.get("expires_at"))
        if end is not None and end <= self._world.clock.now():
            raise Malformed("Invalid input for field 'expires_at': it lies in the past")
        row: Row = {
            "id": self._world.ids.hex(),
            "trustor_user_id": body["trustor_user_id"],
            "trustee_user_id": body["trustee_user_id"],
            "project_id": body.get("project_id"),
            "impersonation": body["impersonation"],
            "expires_at": end,
            "remaining_uses": body.get("remaining_uses"),
            "redelegated_trust_id": None,
            "redelegation_count": self._count(body),
            "deleted_at": None,
            "extra": {},
        }
        if body.get("allow_redelegation") and row["remaining_uses"] is not None:
            raise Malformed("remaining_uses must not be set if redelegation is allowed")
        row["roles"] = await self._roles(tx, row, body.get("roles") or [])
        if who.trust_id:
            await self._hand_on(tx, who, row)
        await tx.insert(TRUSTS, row)
        return row

    def _count(self, body: dict[str, Any]) -> int:
        if not body.get("allow_redelegation"):
            return 0
        asked = body.get("redelegation_count")
        if asked is not None and asked > MOST_REDELEGATIONS:
            raise NotAllowed(f"Requested redelegation depth of {asked} is greater than allowed {MOST_REDELEGATIONS}")
        return MOST_REDELEGATIONS if asked is None else int(asked)

    async def _roles(self, tx: Tx, row: Row, asked: list[dict[str, str]]) -> list[str]:
        """The ids of the roles to give, all of which the trustor must hold."""
        if not row["project_id"]:
            if asked:
                raise Malformed("Roles can only be given in a project.")
            return []
        if not asked:
            raise NotAllowed("At least one role should be specified.")
        project = await tx.first(select(PROJECTS).where(PROJECTS.c.id == row["project_id"]))
        if project is None:
            raise Missing(kind="project", id=row["project_id"])
        rows = {r["id"]: r for r in await tx.all(select(ROLES))}
        by_name = {r["name"]: r["id"] for r in rows.values() if not r["domain_id"]}
        ids = []
        for role in asked:
            identifier = role.get("id") or by_name.get(role.get("name", ""))
            if identifier is None or identifier not in rows:
                raise Missing(kind="role", id=role.get("id") or role.get("name"))
            ids.append(identifier)
        above = [other["id"] for other in await ancestors(tx, project)]
        held = await role_ids(tx, row["trustor_user_id"], on_project(project["id"], above), self._world.clock.now())
        await self._book.refresh(tx, self._revisions.generation)
        for identifier in ids:
            if identifier not in self._book.closure(held):
                raise Missing(kind="role", id=identifier)
        return list(dict.fromkeys(ids))

    async def _hand_on(self, tx: Tx, who: Caller, row: Row) -> None:
        """Make a trust a further link of the caller's chain, and no stronger than that.

        Raises:
            NotAllowed: the chain may not grow, or the new trust would be stronger.
        """
        parent = await tx.first(select(TRUSTS).where(TRUSTS.c.id == who.trust_id))
        if parent is None or not parent["redelegation_count"]:
            raise NotAllowed("Redelegation allowed for delegated by trust only")
        await self._book.refresh(tx, self._revisions.generation)
        if not set(row["roles"]) <= self._book.closure(set(parent["roles"])):
            raise NotAllowed("Some of requested roles are not in redelegated trust")
        if row["project_id"] != parent["project_id"] or (row["impersonation"] and not parent["impersonation"]):
            raise NotAllowed("A trust that is handed on must not be stronger than the one that it comes from.")
        if parent["remaining_uses"] is not None or row["remaining_uses"] is not None:
            raise NotAllowed("remaining_uses must not be set with redelegation allowed")
        row["redelegated_trust_id"] = parent["id"]
        row["redelegation_count"] = min(row["redelegation_count"], parent["redelegation_count"] - 1)
        ends: list[datetime] = [end for end in (row["expires_at"], parent["expires_at"]) if end is not None]
        row["expires_at"] = min(ends, default=None)

    async def delete(self, tx: Tx, id: str) -> None:
        """Take a trust back; its tokens, and those of trusts handed on from it, end."""
        await tx.run(update(TRUSTS).where(TRUSTS.c.id == id).values(deleted_at=self._world.clock.now()))
        await self._revisions.changed(tx)
