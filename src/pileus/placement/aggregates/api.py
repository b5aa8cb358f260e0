"""A provider's aggregates on the wire."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, put, resource
from pileus.kernel.store import Row
from pileus.placement.aggregates.logic import Aggregates
from pileus.placement.aggregates.schema import AggregateIds
from pileus.placement.errors import ConcurrentUpdate, must_take_json
from pileus.placement.providers.logic import Providers
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.versions import AGGREGATES, AGGREGATES_GENERATION, not_cached


@resource("/resource_providers/{id}/aggregates", policy="placement:resource_providers:aggregates:%s", since=AGGREGATES)
class AggregateResource:
    """Which aggregates a provider belongs to."""

    def __init__(self, providers: Providers, aggregates: Aggregates) -> None:
        self._providers = providers
        self._aggregates = aggregates

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="list", allow=ADMIN_OR_SERVICE, many=False)
    async def show(self, call: Call, provider: Row) -> dict[str, Any]:
        """Show the aggregates."""
        must_take_json(call)
        return _shown(call, provider, await self._aggregates.of(call.tx, provider["uuid"]))

    @put(rule="update", allow=ADMIN_OR_SERVICE, body=AggregateIds, raises=(ConcurrentUpdate,))
    async def replace(self, call: Call, provider: Row, body: Any) -> dict[str, Any]:
        """Set the aggregates."""
        grow = call.applies(AGGREGATES_GENERATION)
        wanted = body["aggregates"] if grow else body
        if grow and body["resource_provider_generation"] != provider["generation"]:
            raise ConcurrentUpdate(
                "Resource provider's generation already changed. Please update the generation and try again."
            )
        provider = await self._aggregates.replace(call.tx, provider, wanted, grow=grow)
        return _shown(call, provider, wanted)


def _shown(call: Call, provider: Row, aggregates: list[str]) -> dict[str, Any]:
    not_cached(call)
    out: dict[str, Any] = {"aggregates": aggregates}
    if call.applies(AGGREGATES_GENERATION):
        out["resource_provider_generation"] = provider["generation"]
    return out
