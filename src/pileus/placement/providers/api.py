"""Resource providers on the wire."""

import uuid
from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import NotFound
from pileus.kernel.store import Row
from pileus.placement.errors import DuplicateName, ProviderInUse, ProviderIsParent, must_take_json
from pileus.placement.providers.listing import Listing, wanted
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.schema import ChangedProvider, ProviderFields, ProviderQuery
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.versions import REPARENTING, SHOW_NEW_PROVIDER, not_cached

Json = dict[str, Any]


@resource("/resource_providers", schema=ProviderFields, policy="placement:resource_providers:%s")
class ProviderResource:
    """Whatever has something to give: hosts, their devices, shared storage."""

    def __init__(self, providers: Providers, listing: Listing) -> None:
        self._providers = providers
        self._listing = listing

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="list", allow=ADMIN_OR_SERVICE, query=ProviderQuery)
    async def index(self, call: Call) -> list[Row]:
        """List providers in the order in which they were made."""
        must_take_json(call)
        rows = await self._listing.find(call.tx, wanted(call))
        not_cached(call, max((row["updated_at"] for row in rows), default=None))
        return rows

    @post(rule="create", allow=ADMIN_OR_SERVICE, raises=(DuplicateName,))
    async def create(self, call: Call, body: Json) -> Row | Answer:
        """Make a provider."""
        uid = str(uuid.UUID(body["uuid"])) if "uuid" in body else call.world.ids.uuid()
        row = await self._providers.create(call.tx, uid, body["name"], body.get("parent_provider_uuid"))
        call.headers["Location"] = call.url("resource_providers", uid)
        if not call.applies(SHOW_NEW_PROVIDER):
            return Answer(201)
        call.status = 200
        not_cached(call, row["updated_at"])
        return row

    @get("/{id}", rule="show", allow=ADMIN_OR_SERVICE)
    async def show(self, call: Call, provider: Row) -> Row:
        """Show a provider."""
        must_take_json(call)
        not_cached(call, provider["updated_at"])
        return provider

    @put("/{id}", rule="update", allow=ADMIN_OR_SERVICE, body=ChangedProvider, kind="create", raises=(DuplicateName,))
    async def update(self, call: Call, provider: Row, body: Json) -> Row:
        """Rename a provider, or move it in its tree."""
        row = await self._providers.update(call.tx, provider, body, reparenting=call.applies(REPARENTING))
        not_cached(call, row["updated_at"])
        return row

    @delete("/{id}", rule="delete", allow=ADMIN_OR_SERVICE, loads=False, raises=(ProviderInUse, ProviderIsParent))
    async def remove(self, call: Call, uid: str) -> None:
        """Remove a provider that nothing is allocated on and nothing lies below."""
        provider = await self._providers.find(call.tx, uid)
        if provider is None:
            raise NotFound(f"No resource provider with uuid {uid} found for delete")
        await self._providers.delete(call.tx, provider)
