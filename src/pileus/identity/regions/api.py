"""`/v3/regions`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select, update

from pileus.identity.endpoint_policies.logic import forget
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.errors import Missing, NotAllowed, duplicate
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.regions.schema import Region
from pileus.identity.regions.table import REGIONS
from pileus.identity.revisions.logic import CATALOG, Revisions
from pileus.identity.rules import ADMIN, ANYBODY
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import DuplicateRow, Row, Tx


@resource("/regions", schema=Region, policy="identity:%s")
class Regions:
    """Regions."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, region_id: str) -> Row:
        """The region of that id."""
        return await fetch(call, REGIONS, region_id, "region")

    @get(rule="list_regions", allow=ANYBODY)
    async def list(self, call: Call) -> Page:
        """List regions."""
        return await listing(call, REGIONS, ("parent_region_id",))

    @get("/{region_id}", rule="get_region", allow=ANYBODY)
    async def show(self, call: Call, region: Row) -> Row:
        """Show a region."""
        return region

    @post(rule="create_region", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a region."""
        values = {"parent_region_id": None, **split(body, REGIONS)}
        values["id"] = values.get("id") or call.world.ids.hex()
        values["description"] = values.get("description") or ""
        if values["parent_region_id"]:
            await self._check_parent(call.tx, values["id"], values["parent_region_id"])
        try:
            await call.tx.insert(REGIONS, values)
        except DuplicateRow as error:
            raise duplicate("region", values["id"]) from error
        await self._revisions.changed(call.tx, CATALOG)
        return values

    @put("/{region_id}", rule="create_region", allow=ADMIN, kind="create", status=201, loads=False)
    async def create_as(self, call: Call, region_id: str, body: dict[str, Any]) -> Row:
        """Create a region of a given id."""
        if body.get("id", region_id) != region_id:
            raise BadRequest("The id in the body is not that of the address.")
        return await self.create(call, {**body, "id": region_id})

    @patch("/{region_id}", rule="update_region", allow=ADMIN)
    async def update(self, call: Call, region: Row, body: dict[str, Any]) -> Row:
        """Change a region."""
        values = merged(region, body, REGIONS)
        if values.get("description", "") is None:
            values["description"] = ""
        if values.get("parent_region_id"):
            await self._check_parent(call.tx, region["id"], values["parent_region_id"])
        await call.tx.run(update(REGIONS).where(REGIONS.c.id == region["id"]).values(**values))
        await self._revisions.changed(call.tx, CATALOG)
        return {**region, **values}

    @delete("/{region_id}", rule="delete_region", allow=ADMIN)
    async def remove(self, call: Call, region: Row) -> None:
        """Delete a region and those below it, where no endpoint lies in them."""
        ids = [region["id"]]
        level = ids
        while level:
            below = await call.tx.all(select(REGIONS.c.id).where(REGIONS.c.parent_region_id.in_(level)))
            level = [row["id"] for row in below]
            ids = [*ids, *level]
        if await call.tx.first(select(ENDPOINTS.c.id).where(ENDPOINTS.c.region_id.in_(ids))):
            raise NotAllowed(
                f"Unable to delete region {region['id']} because it or its child regions have associated endpoints."
            )
        await forget(call.tx, "region_id", ids)
        await call.tx.run(remove(REGIONS).where(REGIONS.c.id.in_(ids)))
        await self._revisions.changed(call.tx, CATALOG)

    async def _check_parent(self, tx: Tx, id: str, parent_id: str) -> None:
        above: str | None = parent_id
        while above:
            if above == id:
                raise BadRequest(f"The specified parent region {parent_id} would create a circular region hierarchy.")
            row = await tx.first(select(REGIONS).where(REGIONS.c.id == above))
            if row is None:
                raise Missing(kind="region", id=above)
            above = row["parent_region_id"]
