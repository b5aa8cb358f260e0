"""Claims: what a consumer takes of providers, all or nothing."""

from sqlalchemy import delete, func, select, update

from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS, CONSUMERS
from pileus.placement.providers.table import INVENTORIES, PROVIDERS
from pileus.placement.service import DoesNotFit

Wanted = dict[str, dict[str, int]]
"""Amounts by provider, by resource class."""


class Allocations:
    """The allocations of the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def claim(self, tx: Tx, consumer: str, wanted: Wanted, *, project_id: str, user_id: str) -> None:
        """Replace a consumer's allocations; nothing changes unless all fit.

        Raises:
            DoesNotFit: a provider has not enough left, or the amounts break its inventory's rules.
        """
        now = self._world.clock.now()
        before = await tx.all(select(ALLOCATIONS).where(ALLOCATIONS.c.consumer == consumer))
        await tx.run(delete(ALLOCATIONS).where(ALLOCATIONS.c.consumer == consumer))
        touched = {row["provider"] for row in before} | set(wanted)
        for provider, amounts in wanted.items():
            await self._check(tx, provider, amounts)
        if await tx.scalar(select(CONSUMERS.c.uuid).where(CONSUMERS.c.uuid == consumer)) is None:
            row = {"uuid": consumer, "project_id": project_id, "user_id": user_id, "type": "INSTANCE"}
            await tx.insert(CONSUMERS, {**row, "generation": 0, "created_at": now, "updated_at": now})
        rows = [
            {"consumer": consumer, "provider": provider, "resource_class": name, "used": amount}
            for provider, amounts in wanted.items()
            for name, amount in amounts.items()
        ]
        await tx.insert(ALLOCATIONS, [{**row, "created_at": now, "updated_at": now} for row in rows])
        await self._grow(tx, touched)

    async def _grow(self, tx: Tx, providers: set[str]) -> None:
        if providers:
            values = {"generation": PROVIDERS.c.generation + 1, "updated_at": self._world.clock.now()}
            await tx.run(update(PROVIDERS).where(PROVIDERS.c.uuid.in_(providers)).values(**values))

    async def _check(self, tx: Tx, provider: str, amounts: dict[str, int]) -> None:
        c = INVENTORIES.c
        inventories = {
            row["resource_class"]: row for row in await tx.all(select(INVENTORIES).where(c.provider == provider))
        }
        a = ALLOCATIONS.c
        sums = select(a.resource_class, func.sum(a.used).label("used")).where(a.provider == provider)
        used = {row["resource_class"]: int(row["used"]) for row in await tx.all(sums.group_by(a.resource_class))}
        for name, amount in amounts.items():
            if name not in inventories:
                raise DoesNotFit(f"Resource provider {provider} has no inventory of {name}.")
            reason = why_not(inventories[name], used.get(name, 0), amount)
            if reason:
                raise DoesNotFit(f"Unable to allocate {amount} of {name} on resource provider {provider}: {reason}.")

    async def release(self, tx: Tx, consumer: str) -> None:
        """Drop a consumer with its allocations, if there are any."""
        held = select(ALLOCATIONS.c.provider).where(ALLOCATIONS.c.consumer == consumer).distinct()
        providers = {row["provider"] for row in await tx.all(held)}
        await tx.run(delete(CONSUMERS).where(CONSUMERS.c.uuid == consumer))
        await self._grow(tx, providers)

    async def consumers(self, tx: Tx) -> dict[str, Wanted]:
        """Every consumer's allocations."""
        found: dict[str, Wanted] = {}
        for row in await tx.all(select(ALLOCATIONS)):
            found.setdefault(row["consumer"], {}).setdefault(row["provider"], {})[row["resource_class"]] = row["used"]
        return found


def capacity(inventory: Row) -> int:
    """How much of an inventory can be given out in all."""
    return int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])


def why_not(inventory: Row, used: int, amount: int) -> str:
    """Why an inventory cannot give an amount; empty if it can."""
    if not inventory["min_unit"] <= amount <= inventory["max_unit"]:
        return f"it gives between {inventory['min_unit']} and {inventory['max_unit']} at a time"
    if amount % inventory["step_size"]:
        return f"it gives in steps of {inventory['step_size']}"
    if used + amount > capacity(inventory):
        return f"{used} of {capacity(inventory)} are in use"
    return ""
