"""`…/OS-ENDPOINT-POLICY`: which policy document belongs to which endpoint."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select

from pileus.identity.endpoint_policies.logic import endpoints_of, policy_of
from pileus.identity.endpoint_policies.table import POLICY_ASSOCIATIONS
from pileus.identity.endpoints.schema import Endpoint
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.errors import Missing
from pileus.identity.lookup import fetch
from pileus.identity.policies.schema import PolicyDocument
from pileus.identity.policies.table import POLICIES
from pileus.identity.regions.table import REGIONS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.identity.services.table import SERVICES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, put, resource
from pileus.kernel.store import Row


@resource("/policies/{policy_id}/OS-ENDPOINT-POLICY", policy="identity:%s")
class PolicyEndpoints:
    """The endpoints of a policy document."""

    async def load(self, call: Call, policy_id: str) -> Row:
        """The policy document of that id."""
        return await fetch(call, POLICIES, policy_id, "policy")

    @get("/endpoints", rule="list_endpoints_for_policy", allow=ADMIN_OR_SYSTEM_READER, returns=Endpoint, many=True)
    async def list(self, call: Call, policy: Row) -> Page:
        """List the endpoints that a policy document was given to."""
        return Page(await endpoints_of(call.tx, policy["id"]))


@resource("/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy", schema=PolicyDocument, policy="identity:%s")
class EndpointPolicy:
    """The policy document of an endpoint."""

    async def load(self, call: Call, endpoint_id: str) -> Row:
        """The endpoint of that id."""
        return await fetch(call, ENDPOINTS, endpoint_id, "endpoint")

    @get(rule="get_policy_for_endpoint", allow=ADMIN_OR_SYSTEM_READER, many=False)
    async def show(self, call: Call, endpoint: Row) -> Row:
        """Show the policy document that belongs to an endpoint."""
        policy_id = await policy_of(call.tx, endpoint)
        if policy_id is None:
            raise Missing(f"No policy is associated with endpoint {endpoint['id']}.")
        return await fetch(call, POLICIES, policy_id, "policy")


async def _place(call: Call, endpoint_id: str, service_id: str, region_id: str) -> Row:
    """What a policy document is given to; each part must exist.

    Raises:
        Missing: one does not.
    """
    await fetch(call, POLICIES, call.names["policy_id"], "policy")
    if endpoint_id:
        await fetch(call, ENDPOINTS, endpoint_id, "endpoint")
    if service_id:
        await fetch(call, SERVICES, service_id, "service")
    if region_id:
        await fetch(call, REGIONS, region_id, "region")
    return {"endpoint_id": endpoint_id, "service_id": service_id, "region_id": region_id}


def _conditions(place: Row) -> list[Any]:
    return [POLICY_ASSOCIATIONS.c[name] == value for name, value in place.items()]


async def _must_hold(call: Call, place: Row) -> None:
    found = await call.tx.first(select(POLICY_ASSOCIATIONS).where(*_conditions(place)))
    if found is None or found["policy_id"] != call.names["policy_id"]:
        raise Missing("Could not find policy association.")


async def _give(call: Call, place: Row) -> None:
    """Give the policy document; another one that was there makes way."""
    await call.tx.run(remove(POLICY_ASSOCIATIONS).where(*_conditions(place)))
    await call.tx.insert(POLICY_ASSOCIATIONS, {**place, "policy_id": call.names["policy_id"]})


async def _take(call: Call, place: Row) -> None:
    await _must_hold(call, place)
    await call.tx.run(remove(POLICY_ASSOCIATIONS).where(*_conditions(place)))


def _loader(kind: str) -> Any:
    """The `load` of one kind of place, which asks for the ids that its path names."""

    async def endpoint(self: Any, call: Call, endpoint_id: str) -> Row:  # noqa: ARG001 - becomes a method
        return await _place(call, endpoint_id, "", "")

    async def service(self: Any, call: Call, service_id: str) -> Row:  # noqa: ARG001 - becomes a method
        return await _place(call, "", service_id, "")

    async def region(self: Any, call: Call, service_id: str, region_id: str) -> Row:  # noqa: ARG001 - becomes a method
        return await _place(call, "", service_id, region_id)

    return {"endpoint": endpoint, "service": service, "region_and_service": region}[kind]


def _association(path: str, kind: str) -> Any:
    """The resource of one kind of association."""

    @resource("/policies/{policy_id}/OS-ENDPOINT-POLICY" + path, policy="identity:%s")
    class Association:
        """A policy document's belonging to something."""

        load = _loader(kind)

        @get(rule=f"check_policy_association_for_{kind}", allow=ADMIN_OR_SYSTEM_READER, status=204, many=False)
        async def check(self, call: Call, place: Row, _policy_id: str) -> None:
            """Whether the policy document belongs to it."""
            await _must_hold(call, place)

        @put(rule=f"create_policy_association_for_{kind}", allow=ADMIN, body=None, status=204)
        async def give(self, call: Call, place: Row, _policy_id: str) -> None:
            """Give the policy document to it."""
            await _give(call, place)

        @delete(rule=f"delete_policy_association_for_{kind}", allow=ADMIN)
        async def take(self, call: Call, place: Row, _policy_id: str) -> None:
            """Take the policy document from it."""
            await _take(call, place)

    return Association()


def association_resources() -> list[Any]:
    """The resources of every kind of association."""
    return [
        _association("/endpoints/{endpoint_id}", "endpoint"),
        _association("/services/{service_id}", "service"),
        _association("/services/{service_id}/regions/{region_id}", "region_and_service"),
    ]
