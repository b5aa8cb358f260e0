"""`/rbac-policies`."""

from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import DuplicateRow, Row
from pileus.network.errors import (
    DuplicateRbacPolicy,
    InvalidSharedSetting,
    NetworkNotFound,
    OverQuota,
    RbacPolicyInUse,
    RbacPolicyNotFound,
)
from pileus.network.networks.logic import refuse_foreign, visible
from pileus.network.networks.table import NETWORKS
from pileus.network.quotas.logic import claim
from pileus.network.rbac.schema import RbacPolicy
from pileus.network.rbac.table import RBAC
from pileus.network.rules import ADMIN_OR_MEMBER, ADMIN_OR_READER
from pileus.network.standard.logic import Listing, owner


def _visible(call: Call) -> Select[Any]:
    statement = select(RBAC)
    if call.who.is_admin:
        return statement
    mine = call.who.project_id
    return statement.where(or_(RBAC.c.project_id == mine, RBAC.c.target_project == mine))


_LISTING = Listing(RBAC, RbacPolicy, _visible)


@resource("/rbac-policies", schema=RbacPolicy)
class RbacApi:
    """With whom networks are shared."""

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await _LISTING.find(call, id)
        if row is None:
            raise RbacPolicyNotFound(kind="network", id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at: the policy as it would become."""
        named = body if isinstance(body, dict) else {}
        base = row if row is not None else {"project_id": owner(call, named)}
        return {**base, **named}

    async def _network(self, call: Call, id: str) -> Row:
        network = await call.tx.first(visible(call.who).where(NETWORKS.c.id == id))
        if network is None:
            raise NetworkNotFound(id=id)
        if not call.who.is_admin and network["project_id"] != call.who.project_id:
            raise BadRequest(
                "Invalid input for operation: Only admins can manipulate policies on networks they do not own."
            )
        return network

    async def _refuse_used(self, call: Call, row: Row) -> None:
        network = await self._network(call, row["object_id"])
        try:
            await refuse_foreign(call.tx, network, row["target_project"])
        except InvalidSharedSetting:
            raise RbacPolicyInUse(object=row["object_id"]) from None

    @get(rule="get_rbac_policy", allow=f"{ADMIN_OR_READER} or (role:reader and project_id:%(target_project)s)")
    async def list(self, call: Call) -> Page:
        """List RBAC policies."""
        return await _LISTING.page(call)

    @get("/{id}", rule="get_rbac_policy", allow=f"{ADMIN_OR_READER} or (role:reader and project_id:%(target_project)s)")
    async def show(self, call: Call, row: Row) -> Row:
        """Show an RBAC policy."""
        return row

    @post(rule="create_rbac_policy", allow=ADMIN_OR_MEMBER, raises=(OverQuota, DuplicateRbacPolicy))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Share a network."""
        await self._network(call, body["object_id"])
        project = owner(call, body)
        await claim(call.tx, project, "rbac_policy")
        row = {key: body[key] for key in ("object_type", "object_id", "action")}
        row |= {"id": call.world.ids.uuid(), "project_id": project, "target_project": body["target_tenant"]}
        try:
            await call.tx.insert(RBAC, row)
        except DuplicateRow:
            raise DuplicateRbacPolicy from None
        return row

    @put("/{id}", rule="update_rbac_policy", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Share a network with another project instead."""
        target = body.get("target_tenant", row["target_project"])
        if target != row["target_project"]:
            await self._refuse_used(call, row)
            try:
                await call.tx.run(RBAC.update().where(RBAC.c.id == row["id"]).values(target_project=target))
            except DuplicateRow:
                raise DuplicateRbacPolicy from None
        return {**row, "target_project": target}

    @delete("/{id}", rule="delete_rbac_policy", allow=ADMIN_OR_MEMBER, raises=(RbacPolicyInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Share a network no more."""
        await self._refuse_used(call, row)
        await call.tx.run(RBAC.delete().where(RBAC.c.id == row["id"]))
