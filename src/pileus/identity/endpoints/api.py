"""`/v3/endpoints`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select, update

from pileus.identity.endpoint_filters.logic import forget_endpoints
from pileus.identity.endpoint_policies.logic import forget
from pileus.identity.endpoints.schema import Endpoint
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.regions.table import REGIONS
from pileus.identity.revisions.logic import CATALOG, Revisions
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.identity.services.catalog import unknown_places
from pileus.identity.services.table import SERVICES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row, Tx


@resource("/endpoints", schema=Endpoint, policy="identity:%s")
class Endpoints:
    """Where services answer."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, endpoint_id: str) -> Row:
        """The endpoint of that id."""
        return await fetch(call, ENDPOINTS, endpoint_id, "endpoint")

    @get(rule="list_endpoints", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List endpoints."""
        c = ENDPOINTS.c
        filters = {name: c[name] for name in ("interface", "service_id", "region_id", "enabled", "url")}
        return await listing(call, ENDPOINTS, {**filters, "region": c.region_id})

    @get("/{endpoint_id}", rule="get_endpoint", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, endpoint: Row) -> Row:
        """Show an endpoint."""
        return endpoint

    @post(rule="create_endpoint", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create an endpoint, and its region where that is named by `region` and does not exist."""
        given = await self._placed(call.tx, body)
        values = {"region_id": None, **split(given, ENDPOINTS), "id": call.world.ids.hex()}
        await call.tx.insert(ENDPOINTS, values)
        await self._revisions.changed(call.tx, CATALOG)
        return values

    @patch("/{endpoint_id}", rule="update_endpoint", allow=ADMIN)
    async def update(self, call: Call, endpoint: Row, body: dict[str, Any]) -> Row:
        """Change an endpoint."""
        values = merged(endpoint, await self._placed(call.tx, body), ENDPOINTS)
        await call.tx.run(update(ENDPOINTS).where(ENDPOINTS.c.id == endpoint["id"]).values(**values))
        await self._revisions.changed(call.tx, CATALOG)
        return {**endpoint, **values}

    @delete("/{endpoint_id}", rule="delete_endpoint", allow=ADMIN)
    async def remove(self, call: Call, endpoint: Row) -> None:
        """Delete an endpoint."""
        await forget_endpoints(call.tx, [endpoint["id"]])
        await forget(call.tx, "endpoint_id", [endpoint["id"]])
        await call.tx.run(remove(ENDPOINTS).where(ENDPOINTS.c.id == endpoint["id"]))
        await self._revisions.changed(call.tx, CATALOG)

    async def _placed(self, tx: Tx, body: dict[str, Any]) -> dict[str, Any]:
        """The body with its region by id, its references checked."""
        given = dict(body)
        named = given.pop("region", None)
        region = given.get("region_id") or named
        if region is not None:
            if await tx.first(select(REGIONS.c.id).where(REGIONS.c.id == region)) is None:
                if given.get("region_id"):
                    raise BadRequest(f"Could not find region: {region}.")
                await tx.insert(REGIONS, {"id": region, "description": "", "parent_region_id": None, "extra": {}})
            given["region_id"] = region
        if unknown_places(given.get("url", "")):
            raise BadRequest(f"Cannot create an endpoint with an invalid URL: {given['url']}.")
        service_id = given.get("service_id")
        if service_id is not None and not await tx.first(select(SERVICES.c.id).where(SERVICES.c.id == service_id)):
            raise BadRequest(f"Could not find service: {service_id}.")
        return given
