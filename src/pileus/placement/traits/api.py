"""Traits on the wire, and the traits of a provider."""

from collections.abc import Iterable
from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, put, resource
from pileus.kernel.store import Row
from pileus.placement.errors import ConcurrentUpdate, TraitNotFound, must_take_json
from pileus.placement.providers.logic import Providers
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.traits.logic import Traits
from pileus.placement.traits.schema import ProviderTraits, TraitQuery, must_be_custom, wanted
from pileus.placement.versions import TRAITS, not_cached

Json = dict[str, Any]


@resource("/traits", policy="placement:traits:%s", since=TRAITS)
class TraitResource:
    """What providers can do."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits

    @get(rule="list", allow=ADMIN_OR_SERVICE, query=TraitQuery, many=False)
    async def index(self, call: Call) -> Json:
        """List traits by name."""
        must_take_json(call)
        names, prefix, used = wanted(call.query)
        rows = await self._traits.listed(call.tx, names=names, prefix=prefix, used=used)
        not_cached(call, _newest(rows))
        return {"traits": [row["name"] for row in rows]}

    @get("/{name}", rule="show", allow=ADMIN_OR_SERVICE, status=204)
    async def show(self, call: Call, name: str) -> None:
        """Tell whether there is a trait of that name."""
        not_cached(call, (await self._traits.get(call.tx, name))["created_at"])

    @put("/{name}", rule="update", allow=ADMIN_OR_SERVICE, status=201, body=None)
    async def ensure(self, call: Call, name: str) -> Answer:
        """Make a custom trait: 201, or 204 where there is one."""
        must_be_custom(name)
        row, made = await self._traits.create(call.tx, name)
        call.headers["Location"] = call.url("traits", name)
        not_cached(call, row["created_at"])
        return Answer(201 if made else 204)

    @delete("/{name}", rule="delete", allow=ADMIN_OR_SERVICE, raises=(TraitNotFound,))
    async def remove(self, call: Call, name: str) -> None:
        """Remove a custom trait that no provider has."""
        await self._traits.delete(call.tx, name)


@resource("/resource_providers/{id}/traits", policy="placement:resource_providers:traits:%s", since=TRAITS)
class ProviderTraitResource:
    """What a provider can do."""

    def __init__(self, providers: Providers, traits: Traits) -> None:
        self._providers = providers
        self._traits = traits

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="list", allow=ADMIN_OR_SERVICE, many=False)
    async def show(self, call: Call, provider: Row) -> Json:
        """Show a provider's traits."""
        must_take_json(call)
        return _shown(call, provider, await self._traits.of(call.tx, provider["uuid"]))

    @put(rule="update", allow=ADMIN_OR_SERVICE, body=ProviderTraits, raises=(ConcurrentUpdate,))
    async def replace(self, call: Call, provider: Row, body: Json) -> Json:
        """Set a provider's traits."""
        if body["resource_provider_generation"] != provider["generation"]:
            raise ConcurrentUpdate(
                "Resource provider's generation already changed. Please update the generation and try again."
            )
        provider = await self._traits.replace(call.tx, provider, body["traits"])
        return _shown(call, provider, await self._traits.of(call.tx, provider["uuid"]))

    @delete(rule="delete", allow=ADMIN_OR_SERVICE)
    async def clear(self, call: Call, provider: Row) -> None:
        """Take all traits from a provider."""
        await self._traits.replace(call.tx, provider, ())


def _newest(rows: Iterable[Row]) -> Any:
    return max((row["created_at"] for row in rows if row["created_at"] is not None), default=None)


def _shown(call: Call, provider: Row, rows: list[Row]) -> Json:
    not_cached(call, _newest(rows))
    return {"traits": [row["name"] for row in rows], "resource_provider_generation": provider["generation"]}
