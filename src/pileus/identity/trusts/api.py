"""`/v3/OS-TRUST/trusts`."""

from typing import Any

from sqlalchemy import select

from pileus.identity.credentials.api import refuse_restricted
from pileus.identity.errors import Missing
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch, refuse
from pileus.identity.roles.schema import Role
from pileus.identity.roles.table import ROLES
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, reader_or_self
from pileus.identity.trusts.logic import TrustLogic
from pileus.identity.trusts.schema import Trust
from pileus.identity.trusts.table import TRUSTS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, head, post, resource
from pileus.kernel.store import Row

_TRUSTOR = "target.trust.trustor_user_id"
_TRUSTEE = "target.trust.trustee_user_id"
_READ = f"rule:admin_required or {reader_or_self(_TRUSTOR)} or user_id:%({_TRUSTEE})s"


async def _with_roles(call: Call, row: Row) -> Row:
    rows = {r["id"]: r for r in await call.tx.all(select(ROLES))}
    view = Role.view(call.version)
    given = [rows[role_id] for role_id in row["roles"] if role_id in rows]
    return {**row, "role_rows": [view.render(role, call) for role in given]}


@resource(
    "/OS-TRUST/trusts",
    schema=Trust,
    policy="identity:%s",
    rights={
        "list_trusts": (ADMIN_OR_SYSTEM_READER, "List everybody's trusts."),
        "list_trusts_for_trustor": (reader_or_self(_TRUSTOR), "List the trusts that a user gave."),
        "list_trusts_for_trustee": (reader_or_self(_TRUSTEE), "List the trusts that a user got."),
    },
)
class Trusts:
    """Trusts."""

    def __init__(self, logic: TrustLogic) -> None:
        self._logic = logic

    async def load(self, call: Call, trust_id: str) -> Row:
        """The trust of that id, unless it was taken back or has ended; both users are told that it is gone."""
        row = await fetch(call, TRUSTS, trust_id, "trust")
        ended = row["expires_at"] is not None and row["expires_at"] <= call.world.clock.now()
        if ended or row["deleted_at"] is not None:
            raise refuse(call, Missing(kind="trust", id=trust_id), self.target(call, row))
        return row

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at."""
        source: Any = loaded or call.body or {}
        return {_TRUSTOR: source.get("trustor_user_id"), _TRUSTEE: source.get("trustee_user_id")}

    @get()
    async def list(self, call: Call) -> Page:
        """List trusts: everybody's, or those that a user gave or got."""
        params = dict(call.params)
        trustor, trustee = params.get("trustor_user_id"), params.get("trustee_user_id")
        if trustor:
            call.must("list_trusts_for_trustor", {_TRUSTOR: trustor})
        if trustee:
            call.must("list_trusts_for_trustee", {_TRUSTEE: trustee})
        if not trustor and not trustee:
            call.must("list_trusts")
        chosen = select(TRUSTS).where(TRUSTS.c.deleted_at.is_(None))
        return await listing(call, TRUSTS, ("trustor_user_id", "trustee_user_id"), chosen)

    @get("/{trust_id}", rule="get_trust", allow=_READ)
    async def show(self, call: Call, trust: Row) -> Row:
        """Show a trust."""
        return await _with_roles(call, trust)

    @post(rule="create_trust", allow=f"user_id:%({_TRUSTOR})s")
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Give somebody a trust, or hand one on."""
        refuse_restricted(call)
        return await _with_roles(call, await self._logic.create(call.tx, call.who, body))

    @delete("/{trust_id}", rule="delete_trust", allow=f"{ADMIN} or user_id:%({_TRUSTOR})s")
    async def remove(self, call: Call, trust: Row) -> None:
        """Take a trust back."""
        refuse_restricted(call)
        await self._logic.delete(call.tx, trust["id"])

    @get("/{trust_id}/roles", rule="list_roles_for_trust", allow=_READ, returns=Role, many=True)
    async def roles(self, call: Call, trust: Row) -> Page:
        """List a trust's roles."""
        return Page(await call.tx.all(select(ROLES).where(ROLES.c.id.in_(trust["roles"])).order_by(ROLES.c.name)))

    @get("/{trust_id}/roles/{role_id}", rule="get_role_for_trust", allow=_READ, returns=Role)
    async def role(self, call: Call, trust: Row, role_id: str) -> Row:
        """Show one of a trust's roles."""
        if role_id not in trust["roles"]:
            raise Missing(kind="role", id=role_id)
        return await fetch(call, ROLES, role_id, "role")

    @head("/{trust_id}/roles/{role_id}", rule="get_role_for_trust", allow=_READ)
    async def has_role(self, call: Call, trust: Row, role_id: str) -> None:
        """Whether a trust has a role."""
        await self.role(call, trust, role_id)
