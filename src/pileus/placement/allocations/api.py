"""Allocations on the wire: of one consumer, of several at once, of a provider."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row, Tx
from pileus.placement.allocations.logic import Allocations, Claim
from pileus.placement.allocations.schema import ManyConsumers, OneConsumer, claim_of, consumer_id
from pileus.placement.errors import CannotAllocate, ConcurrentUpdate, must_take_json
from pileus.placement.providers.logic import Providers
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.settings import PlacementSettings
from pileus.placement.versions import (
    ALLOCATIONS_BY_PROVIDER,
    CONSUMER_GENERATION,
    CONSUMER_TYPES,
    MANY_CONSUMERS,
    not_cached,
)

Json = dict[str, Any]


@resource("/allocations", policy="placement:allocations:%s")
class AllocationResource:
    """What consumers have."""

    def __init__(self, allocations: Allocations, settings: PlacementSettings) -> None:
        self._allocations = allocations
        self._project = settings.incomplete_project
        self._user = settings.incomplete_user

    @get("/{consumer}", rule="list", allow=ADMIN_OR_SERVICE)
    async def show(self, call: Call, consumer: str) -> Json:
        """Show a consumer's allocations by provider; nothing, for a consumer that is none."""
        must_take_json(call)
        who, rows = await self._allocations.of_consumer(call.tx, consumer)
        shown: Json = {}
        for row in rows:
            entry = shown.setdefault(row["provider"], {"generation": row["generation"], "resources": {}})
            entry["resources"][row["resource_class"]] = row["used"]
        out: Json = {"allocations": shown}
        if who is not None and rows and call.applies(ALLOCATIONS_BY_PROVIDER):
            out |= {"project_id": who["project_id"], "user_id": who["user_id"]}
            if call.applies(CONSUMER_GENERATION):
                out["consumer_generation"] = who["generation"]
            if call.applies(CONSUMER_TYPES):
                out["consumer_type"] = who["type"] or "unknown"
        not_cached(call, max((row["updated_at"] for row in rows), default=None))
        return out

    @put(
        "/{consumer}",
        rule="update",
        allow=ADMIN_OR_SERVICE,
        status=204,
        body=OneConsumer,
        transaction="none",
        raises=(CannotAllocate, ConcurrentUpdate),
    )
    async def replace(self, call: Call, consumer: str, body: Json) -> None:
        """Set a consumer's allocations, all or nothing."""
        try:
            uid = consumer_id(consumer)
        except ValueError:
            raise BadRequest(f"Malformed consumer_uuid: {consumer}") from None
        await self._write([claim_of(uid, body, self._project, self._user)])

    @post(
        rule="manage",
        allow=ADMIN_OR_SERVICE,
        status=204,
        body=ManyConsumers,
        since=MANY_CONSUMERS,
        transaction="none",
        raises=(CannotAllocate, ConcurrentUpdate),
    )
    async def replace_many(self, call: Call, body: Json) -> None:
        """Set the allocations of several consumers, all or nothing."""
        await self._write([claim_of(uid, said, self._project, self._user) for uid, said in body.items()])

    async def _write(self, claims: list[Claim]) -> None:
        async def write(tx: Tx) -> None:
            await self._allocations.replace(tx, claims)

        await self._allocations.in_turn(write)

    @delete("/{consumer}", rule="delete", allow=ADMIN_OR_SERVICE)
    async def remove(self, call: Call, consumer: str) -> None:
        """Drop a consumer's allocations."""
        await self._allocations.remove(call.tx, consumer)


@resource("/resource_providers/{id}/allocations", policy="placement:resource_providers:allocations:%s")
class ProviderAllocations:
    """What is allocated on a provider."""

    def __init__(self, providers: Providers, allocations: Allocations) -> None:
        self._providers = providers
        self._allocations = allocations

    async def load(self, call: Call, id: str) -> Row:
        """The provider."""
        return await self._providers.get(call.tx, id)

    @get(rule="list", allow=ADMIN_OR_SERVICE, many=False)
    async def show(self, call: Call, provider: Row) -> Json:
        """Show a provider's allocations by consumer."""
        must_take_json(call)
        rows = await self._allocations.of_provider(call.tx, provider["uuid"])
        shown: Json = {}
        for row in rows:
            entry = shown.setdefault(row["consumer"], {"resources": {}})
            entry["resources"][row["resource_class"]] = row["used"]
            if call.applies(CONSUMER_GENERATION):
                entry["consumer_generation"] = row["generation"]
        not_cached(call, max((row["updated_at"] for row in rows), default=None))
        return {"allocations": shown, "resource_provider_generation": provider["generation"]}
