"""A provider's inventories on the wire."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, MethodNotAllowed
from pileus.kernel.store import Row
from pileus.placement.errors import ConcurrentUpdate, InventoryInUse, ResourceClassNotFound, must_take_json
from pileus.placement.inventories.logic import FIELDS, Inventories, check, completed
from pileus.placement.inventories.schema import AllInventories, NewInventory, OneInventory
from pileus.placement.providers.logic import Providers
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.versions import ALL_RESERVED, DROP_INVENTORIES, not_cached

Json = dict[str, Any]


@resource("/resource_providers/{id}/inventories", policy="placement:resource_providers:inventories:%s")
class InventoryResource:
    """How much a provider has of each resource class."""

    def __init__(self, providers: Providers, inventories: Inventories) -> None:
        self._providers = providers
        self._inventories = inventories

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="list", allow=ADMIN_OR_SERVICE, many=False)
    async def index(self, call: Call, provider: Row) -> Json:
        """Show every inventory of a provider."""
        must_take_json(call)
        return _all(call, provider, await self._inventories.of(call.tx, provider["uuid"]))

    @post(rule="create", allow=ADMIN_OR_SERVICE, body=NewInventory, raises=(ConcurrentUpdate,))
    async def create(self, call: Call, provider: Row, body: Json) -> Json:
        """Give a provider an inventory of one more class."""
        name, inventory = body["resource_class"], completed(body)
        check("create", provider["uuid"], name, inventory, all_reserved=call.applies(ALL_RESERVED))
        row = await self._inventories.add(call.tx, provider, name, inventory)
        call.headers["Location"] = call.url("resource_providers", provider["uuid"], "inventories", name)
        return _one(call, provider["generation"] + 1, row)

    @put(rule="update", allow=ADMIN_OR_SERVICE, body=AllInventories, raises=(ConcurrentUpdate, InventoryInUse))
    async def replace(self, call: Call, provider: Row, body: Json) -> Json:
        """Set all inventories of a provider; those left out go."""
        _expect(provider, body)
        wanted = {name: completed(said) for name, said in body["inventories"].items()}
        for name, inventory in wanted.items():
            check("update", provider["uuid"], name, inventory, all_reserved=call.applies(ALL_RESERVED))
        try:
            provider = await self._inventories.replace(call.tx, provider, wanted)
        except ResourceClassNotFound as error:
            text = f"Unknown resource class in inventory for resource provider {provider['uuid']}: {error.text}"
            raise BadRequest(text) from None
        return _all(call, provider, wanted)

    @delete(rule="delete", allow=ADMIN_OR_SERVICE, since=DROP_INVENTORIES, raises=(InventoryInUse,))
    async def clear(self, call: Call, provider: Row) -> None:
        """Take all inventories of a provider away."""
        await self._inventories.replace(call.tx, provider, {})

    @delete(until=DROP_INVENTORIES, loads=False)
    async def not_yet(self, call: Call, _provider: str) -> None:
        """Refuse, as the method came later than the path."""
        error = MethodNotAllowed()
        error.headers["Allow"] = "GET, POST, PUT"
        raise error

    @get("/{name}", rule="show", allow=ADMIN_OR_SERVICE)
    async def show(self, call: Call, provider: Row, name: str) -> Json:
        """Show one inventory."""
        must_take_json(call)
        return _one(call, provider["generation"], await self._inventories.get(call.tx, provider["uuid"], name))

    @put("/{name}", rule="update", allow=ADMIN_OR_SERVICE, body=OneInventory, raises=(ConcurrentUpdate,))
    async def change(self, call: Call, provider: Row, name: str, body: Json) -> Json:
        """Change one inventory."""
        _expect(provider, body)
        inventory = completed(body)
        check("update", provider["uuid"], name, inventory, all_reserved=call.applies(ALL_RESERVED))
        row = await self._inventories.change(call.tx, provider, name, inventory)
        return _one(call, provider["generation"] + 1, row)

    @delete("/{name}", rule="delete", allow=ADMIN_OR_SERVICE, raises=(ConcurrentUpdate,))
    async def remove(self, call: Call, provider: Row, name: str) -> None:
        """Take one inventory away."""
        await self._inventories.remove(call.tx, provider, name)


def _expect(provider: Row, body: Json) -> None:
    if body["resource_provider_generation"] != provider["generation"]:
        raise ConcurrentUpdate("resource provider generation conflict")


def _one(call: Call, generation: int, row: Row) -> Json:
    not_cached(call, row["updated_at"])
    return {**{name: row[name] for name in FIELDS}, "resource_provider_generation": generation}


def _all(call: Call, provider: Row, rows: dict[str, Row]) -> Json:
    not_cached(call, max((row["updated_at"] for row in rows.values() if "updated_at" in row), default=None))
    inventories = {name: {field: row[field] for field in FIELDS} for name, row in rows.items()}
    return {"resource_provider_generation": provider["generation"], "inventories": inventories}
