"""The operations on access to flavors."""

from typing import Any

from pileus.compute.flavor_access import logic
from pileus.compute.flavor_access.schema import AddAccess, Grant, RemoveAccess
from pileus.compute.flavors.logic import find
from pileus.compute.rules import ADMIN
from pileus.compute.versions import PRIVATE_FLAVOR_ACCESS
from pileus.identity.service import Identity
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import action, get, resource
from pileus.kernel.api.errors import BadRequest, Conflict, NotFound
from pileus.kernel.store import Row


@resource(
    "/flavors",
    policy="os_compute_api:os-flavor-access%s",
    rights={"": (ADMIN, "List the projects that may use a private flavor.")},
)
class FlavorAccess:
    """Which projects may use a flavor that is not public."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def load(self, call: Call, id: str) -> Row:
        """The flavor, if the caller may use it; whether they may act on it at all comes first."""
        if call.operation.action:
            call.service.policy.require(call.operation.right, call.who, call.own())
        return await find(call.tx, call.who, id)

    @get("/{id}/os-flavor-access", returns=Grant, many=True)
    async def index(self, call: Call, flavor: Row) -> list[Row]:
        """List the projects that may use a private flavor."""
        call.must("")
        if flavor["is_public"]:
            raise NotFound("Access list not available for public flavors.")
        return await logic.grants(call.tx, flavor)

    @action("addTenantAccess", rule=":add_tenant_access", allow=ADMIN, status=200, body=AddAccess, returns=Grant)
    async def add(self, call: Call, flavor: Row, body: dict[str, Any]) -> list[Row]:
        """Let a project use a private flavor."""
        if not await self._identity.project_exists(call.tx, body["tenant"]):
            raise BadRequest(f"Project ID {body['tenant']} is not a valid project.")
        if call.applies(PRIVATE_FLAVOR_ACCESS) and flavor["is_public"]:
            raise Conflict("Can not add access to a public flavor.")
        await logic.grant(call.tx, flavor, body["tenant"])
        return await logic.grants(call.tx, flavor)

    @action(
        "removeTenantAccess", rule=":remove_tenant_access", allow=ADMIN, status=200, body=RemoveAccess, returns=Grant
    )
    async def remove(self, call: Call, flavor: Row, body: dict[str, Any]) -> list[Row]:
        """Take the use of a private flavor from a project."""
        await logic.revoke(call.tx, flavor, body["tenant"])
        return await logic.grants(call.tx, flavor)
