"""`/v3/services`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select, update

from pileus.identity.endpoint_filters.logic import forget_endpoints
from pileus.identity.endpoint_policies.logic import forget
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.revisions.logic import CATALOG, Revisions
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.identity.services.schema import CatalogService
from pileus.identity.services.table import SERVICES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.store import Row


@resource("/services", schema=CatalogService, policy="identity:%s")
class CatalogServices:
    """The catalog's services."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, service_id: str) -> Row:
        """The service of that id."""
        return await fetch(call, SERVICES, service_id, "service")

    @get(rule="list_services", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List services."""
        page = await listing(call, SERVICES, ("type", "enabled"))
        name = dict(call.params).get("name")
        if name is not None:
            page.rows = [row for row in page.rows if row["extra"].get("name") == name]
        return page

    @get("/{service_id}", rule="get_service", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, service: Row) -> Row:
        """Show a service."""
        return service

    @post(rule="create_service", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a service."""
        values = {**split(body, SERVICES), "id": call.world.ids.hex()}
        await call.tx.insert(SERVICES, values)
        await self._revisions.changed(call.tx, CATALOG)
        return values

    @patch("/{service_id}", rule="update_service", allow=ADMIN)
    async def update(self, call: Call, service: Row, body: dict[str, Any]) -> Row:
        """Change a service."""
        values = merged(service, body, SERVICES)
        await call.tx.run(update(SERVICES).where(SERVICES.c.id == service["id"]).values(**values))
        await self._revisions.changed(call.tx, CATALOG)
        return {**service, **values}

    @delete("/{service_id}", rule="delete_service", allow=ADMIN)
    async def remove(self, call: Call, service: Row) -> None:
        """Delete a service with its endpoints."""
        gone = select(ENDPOINTS.c.id).where(ENDPOINTS.c.service_id == service["id"])
        await forget_endpoints(call.tx, gone)
        await forget(call.tx, "endpoint_id", gone)
        await forget(call.tx, "service_id", [service["id"]])
        await call.tx.run(remove(ENDPOINTS).where(ENDPOINTS.c.service_id == service["id"]))
        await call.tx.run(remove(SERVICES).where(SERVICES.c.id == service["id"]))
        await self._revisions.changed(call.tx, CATALOG)
