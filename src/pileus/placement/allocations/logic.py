"""Claims: what consumers take of providers, all or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import delete, func, select, update

from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.store import Row, SerializationFailure, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS, CONSUMERS
from pileus.placement.errors import CannotAllocate, ConcurrentUpdate, ResourceClassNotFound
from pileus.placement.inventories.logic import capacity
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import INVENTORIES, PROVIDERS
from pileus.placement.resource_classes.logic import ResourceClasses

R = TypeVar("R")
Amounts = dict[str, dict[str, int]]
"""Amounts by provider, by resource class."""


class Claim(msgspec.Struct, frozen=True):
    """What one consumer shall have.

    Attributes:
        allocations: all that it shall have; empty for nothing.
        generation: the consumer's generation as the caller knows it: None for a consumer that is none yet, UNSET where
            the caller need not know.
        type: the consumer's type; None leaves it as it is.
    """

    consumer: str
    project_id: str
    user_id: str
    allocations: Amounts
    generation: int | msgspec.UnsetType | None = msgspec.UNSET
    type: str | None = None


class Allocations:
    """The allocations of the cloud."""

    def __init__(self, world: World, store: Store, providers: Providers, classes: ResourceClasses) -> None:
        self._world = world
        self._store = store
        self._providers = providers
        self._classes = classes
        self._turn = asyncio.Lock()

    async def in_turn(self, body: Callable[[Tx], Awaitable[R]]) -> R:
        """Run a write transaction that claims something; those of this node one after the other.

        Where the database lets several write at once, it would let one win and send the others back to their start,
        over and over while many claim of one provider.  Between nodes it still does.

        Raises:
            ConcurrentUpdate: other nodes won all the time.
        """
        try:
            async with self._turn:
                return await retrying(self._store, body)
        except SerializationFailure as error:
            text = "Inventory and/or allocations changed while attempting to allocate"
            raise ConcurrentUpdate(text) from error

    async def replace(self, tx: Tx, claims: Sequence[Claim]) -> None:
        """Make the consumers' allocations those claimed; nothing changes unless all fit.

        Raises:
            ConcurrentUpdate: a consumer's generation is not the one that the claim names.
            BadRequest: there is no such provider or resource class.
            CannotAllocate: something does not fit, or breaks its inventory's rules.
        """
        present = await self._consumers(tx, [claim.consumer for claim in claims])
        for claim in claims:
            _expect(claim, present.get(claim.consumer))
        named = list(dict.fromkeys(provider for claim in claims for provider in claim.allocations))
        providers = await self._providers.many(tx, named)
        for uid in named:
            if uid not in providers:
                raise BadRequest(f"Allocation for resource provider '{uid}' that does not exist.")
        c = ALLOCATIONS.c
        held = await tx.all(select(ALLOCATIONS).where(c.consumer.in_([claim.consumer for claim in claims])))
        await self._must_fit(tx, claims, held)
        await tx.run(delete(ALLOCATIONS).where(c.consumer.in_([claim.consumer for claim in claims])))
        for claim in claims:
            await self._write(tx, claim, present.get(claim.consumer))
        emptied = {claim.consumer for claim in claims if not claim.allocations}
        grown = set(named) | {row["provider"] for row in held if row["consumer"] in emptied}
        await self._providers.restamp(tx, sorted(grown), grow=True)
        await self._providers.restamp(tx, sorted({row["provider"] for row in held} - grown))

    async def _consumers(self, tx: Tx, ids: Iterable[str]) -> dict[str, Row]:
        rows = await tx.all(select(CONSUMERS).where(CONSUMERS.c.uuid.in_(list(ids))))
        return {row["uuid"]: row for row in rows}

    async def _write(self, tx: Tx, claim: Claim, present: Row | None) -> None:
        """Write one consumer with its allocations; one without any is removed."""
        now, c = self._world.clock.now(), CONSUMERS.c
        if not claim.allocations:
            await tx.run(delete(CONSUMERS).where(c.uuid == claim.consumer))
            return
        values: dict[str, Any] = {"project_id": claim.project_id, "user_id": claim.user_id, "updated_at": now}
        if present is None:
            row = {"uuid": claim.consumer, "type": claim.type, "generation": 1, "created_at": now}
            await tx.insert(CONSUMERS, {**row, **values})
        else:
            values["type"] = claim.type or present["type"]
            values["generation"] = present["generation"] + 1
            statement = update(CONSUMERS).where(c.uuid == claim.consumer, c.generation == present["generation"])
            if not await tx.run(statement.values(**values)):
                raise ConcurrentUpdate("consumer generation conflict - it has just changed")
        entries = [
            {"consumer": claim.consumer, "provider": provider, "resource_class": name, "used": amount}
            for provider, amounts in claim.allocations.items()
            for name, amount in amounts.items()
        ]
        await tx.insert(ALLOCATIONS, [{**entry, "created_at": now, "updated_at": now} for entry in entries])

    async def _must_fit(self, tx: Tx, claims: Sequence[Claim], held: Sequence[Row]) -> None:
        """Check every amount against what its inventory has left without what the consumers hold now."""
        wanted = [
            (provider, name, amount)
            for claim in claims
            for provider, amounts in claim.allocations.items()
            for name, amount in amounts.items()
        ]
        if not wanted:
            return
        try:
            await self._classes.must_exist(tx, list(dict.fromkeys(name for _, name, _ in wanted)))
        except ResourceClassNotFound as error:
            text = f"Unable to allocate inventory for consumer {claims[0].consumer}: {error.text}"
            raise BadRequest(text if len(claims) == 1 else f"Unable to allocate inventory {error.text}") from None
        ids = sorted({provider for provider, _, _ in wanted})
        c, a = INVENTORIES.c, ALLOCATIONS.c
        rows = await tx.all(select(INVENTORIES).where(c.provider.in_(ids)))
        inventories = {(row["provider"], row["resource_class"]): row for row in rows}
        sums = select(a.provider, a.resource_class, func.sum(a.used).label("used")).where(a.provider.in_(ids))
        rows = await tx.all(sums.group_by(a.provider, a.resource_class))
        before = {(row["provider"], row["resource_class"]): int(row["used"]) for row in rows}
        freed: dict[tuple[str, str], int] = {}
        for row in held:
            key = row["provider"], row["resource_class"]
            freed[key] = freed.get(key, 0) + row["used"]
        reason = why_not(wanted, inventories, before, freed)
        if reason:
            raise CannotAllocate(reason=reason)

    async def remove(self, tx: Tx, consumer: str) -> None:
        """Drop a consumer with its allocations.

        Raises:
            NotFound: it has none.
        """
        if not await self.release(tx, consumer):
            raise NotFound(f"No allocations for consumer '{consumer}'")

    async def release(self, tx: Tx, consumer: str) -> bool:
        """Drop a consumer with its allocations, if there are any, and tell whether there were."""
        held = select(ALLOCATIONS.c.provider).where(ALLOCATIONS.c.consumer == consumer).distinct()
        providers = [row["provider"] for row in await tx.all(held)]
        await tx.run(delete(CONSUMERS).where(CONSUMERS.c.uuid == consumer))
        await self._providers.restamp(tx, sorted(providers))
        return bool(providers)

    async def of_consumer(self, tx: Tx, consumer: str) -> tuple[Row | None, list[Row]]:
        """A consumer, and its allocations with their providers' generations."""
        who = await tx.first(select(CONSUMERS).where(CONSUMERS.c.uuid == consumer))
        joined = select(ALLOCATIONS, PROVIDERS.c.generation).join(PROVIDERS)
        ordered = joined.order_by(ALLOCATIONS.c.created_at, ALLOCATIONS.c.provider, ALLOCATIONS.c.resource_class)
        return who, await tx.all(ordered.where(ALLOCATIONS.c.consumer == consumer))

    async def of_provider(self, tx: Tx, provider: str) -> list[Row]:
        """What is allocated on a provider, with the consumers' generations."""
        joined = select(ALLOCATIONS, CONSUMERS.c.generation).join(CONSUMERS)
        return await tx.all(joined.where(ALLOCATIONS.c.provider == provider))

    async def consumers(self, tx: Tx) -> dict[str, Amounts]:
        """Every consumer's allocations."""
        found: dict[str, Amounts] = {}
        for row in await tx.all(select(ALLOCATIONS)):
            found.setdefault(row["consumer"], {}).setdefault(row["provider"], {})[row["resource_class"]] = row["used"]
        return found


def _expect(claim: Claim, present: Row | None) -> None:
    """Check that a consumer is as the caller knows it."""
    if claim.generation is msgspec.UNSET:
        return
    actual = present["generation"] if present is not None else None
    if claim.generation != actual:
        expected = "null" if actual is None else actual
        raise ConcurrentUpdate(f"consumer generation conflict - expected {expected} but got {claim.generation}")


Key = tuple[str, str]
"""A provider and a resource class."""


def why_not(
    wanted: Sequence[tuple[str, str, int]],
    inventories: Mapping[Key, Row],
    before: Mapping[Key, int],
    freed: Mapping[Key, int],
) -> str:
    """Why amounts (of provider and class) cannot be given; empty if they can.

    More than there is may stay given, where less is given than before: an inventory may have shrunk.

    Args:
        before: what was used before.
        freed: how much of that is given back.
    """
    sums: dict[Key, int] = {}
    for provider, name, amount in wanted:
        key = provider, name
        inventory = inventories.get(key)
        if inventory is None:
            return f"Inventory for '{name}' on resource provider '{provider}' invalid."
        prefix = (
            f"Unable to create allocation for '{name}' on resource provider '{provider}'. The requested amount would "
        )
        if not inventory["min_unit"] <= amount <= inventory["max_unit"] or amount % inventory["step_size"]:
            return f"{prefix}violate inventory constraints."
        sums[key] = sums.get(key, 0) + amount
        used = before.get(key, 0) - freed.get(key, 0) + sums[key]
        if used > capacity(inventory) and used > before.get(key, 0):
            return f"{prefix}exceed the capacity."
    return ""
