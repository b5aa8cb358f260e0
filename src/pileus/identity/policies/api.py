"""`/v3/policies`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import update

from pileus.identity.endpoint_policies.logic import forget
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.policies.schema import PolicyDocument
from pileus.identity.policies.table import POLICIES
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.store import Row


@resource("/policies", schema=PolicyDocument, policy="identity:%s")
class Policies:
    """Policy documents."""

    async def load(self, call: Call, policy_id: str) -> Row:
        """The document of that id."""
        return await fetch(call, POLICIES, policy_id, "policy")

    @get(rule="list_policies", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List policy documents."""
        return await listing(call, POLICIES, ("type",))

    @get("/{policy_id}", rule="get_policy", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, policy: Row) -> Row:
        """Show a policy document."""
        return policy

    @post(rule="create_policy", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Keep a policy document."""
        values = {**split(body, POLICIES), "id": call.world.ids.hex()}
        await call.tx.insert(POLICIES, values)
        return values

    @patch("/{policy_id}", rule="update_policy", allow=ADMIN)
    async def update(self, call: Call, policy: Row, body: dict[str, Any]) -> Row:
        """Change a policy document."""
        values = merged(policy, body, POLICIES)
        await call.tx.run(update(POLICIES).where(POLICIES.c.id == policy["id"]).values(**values))
        return {**policy, **values}

    @delete("/{policy_id}", rule="delete_policy", allow=ADMIN)
    async def remove(self, call: Call, policy: Row) -> None:
        """Delete a policy document."""
        await forget(call.tx, "policy_id", [policy["id"]])
        await call.tx.run(remove(POLICIES).where(POLICIES.c.id == policy["id"]))
