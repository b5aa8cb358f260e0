"""The operations on aggregates."""

from typing import Any

from pileus.compute.aggregates import logic
from pileus.compute.aggregates.schema import AddHost, Aggregate, NewAggregate, RemoveHost, SetMetadata
from pileus.compute.rules import ADMIN
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import action, delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row


@resource("/os-aggregates", schema=Aggregate, policy="os_compute_api:os-aggregates:%s")
class Aggregates:
    """Sets of hosts."""

    async def load(self, call: Call, id: str) -> Row:
        """The aggregate with its hosts."""
        return await logic.find(call.tx, id)

    @get(rule="index", allow=ADMIN)
    async def index(self, call: Call) -> list[Row]:
        """List aggregates."""
        return await logic.listed(call.tx)

    @get("/{id}", rule="show", allow=ADMIN)
    async def show(self, call: Call, aggregate: Row) -> Row:
        """Show an aggregate."""
        return aggregate

    @post(rule="create", allow=ADMIN, status=200, body=NewAggregate, returns=NewAggregate)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create an aggregate."""
        return await logic.create(call.tx, call.world, body["name"], body.get("availability_zone"))

    @put("/{id}", rule="update", allow=ADMIN)
    async def update(self, call: Call, aggregate: Row, body: dict[str, Any]) -> Row:
        """Change an aggregate's name or zone."""
        if not body:
            raise BadRequest("Invalid input for field/attribute aggregate. Value: {}. name or availability_zone is due")
        return await logic.change(call.tx, call.world, aggregate, body)

    @delete("/{id}", rule="delete", allow=ADMIN, status=200)
    async def delete(self, call: Call, aggregate: Row) -> None:
        """Delete an aggregate."""
        await logic.remove(call.tx, aggregate)

    @action("add_host", rule="add_host", allow=ADMIN, status=200, body=AddHost, returns=Aggregate)
    async def add_host(self, call: Call, aggregate: Row, body: dict[str, Any]) -> Row:
        """Put a host into an aggregate."""
        return await logic.add_host(call.tx, call.world, aggregate, body["host"])

    @action("remove_host", rule="remove_host", allow=ADMIN, status=200, body=RemoveHost, returns=Aggregate)
    async def remove_host(self, call: Call, aggregate: Row, body: dict[str, Any]) -> Row:
        """Take a host out of an aggregate."""
        return await logic.remove_host(call.tx, call.world, aggregate, body["host"])

    @action("set_metadata", rule="set_metadata", allow=ADMIN, status=200, body=SetMetadata, returns=Aggregate)
    async def set_metadata(self, call: Call, aggregate: Row, body: dict[str, Any]) -> Row:
        """Add metadata to an aggregate."""
        return await logic.annotate(call.tx, call.world, aggregate, body["metadata"])
