"""Inventories written: one by one, or all of a provider's at once."""

from typing import Any

from sqlalchemy import delete, func, insert, select, update

from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.errors import ConcurrentUpdate, InventoryInUse, ResourceClassNotFound
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import INVENTORIES
from pileus.placement.resource_classes.logic import ResourceClasses

Json = dict[str, Any]

FIELDS = ("total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio")
DEFAULTS = {"reserved": 0, "min_unit": 1, "max_unit": 2147483647, "step_size": 1, "allocation_ratio": 1.0}


def completed(body: Json) -> Json:
    """An inventory as a request gives it, with the defaults of what it leaves out."""
    return {**DEFAULTS, **{name: body[name] for name in FIELDS if name in body}}


def capacity(inventory: Row | Json) -> int:
    """How much of an inventory can be given out in all."""
    return int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])


def check(verb: str, provider: str, name: str, inventory: Json, *, all_reserved: bool) -> None:
    """Refuse an inventory that can give out nothing.

    Args:
        all_reserved: whether all of it may be reserved.

    Raises:
        BadRequest: it can.
    """
    room = capacity(inventory)
    if room > 0 or (room == 0 and all_reserved):
        return
    than = "greater than" if all_reserved else "greater than or equal to"
    raise BadRequest(
        f"Unable to {verb} inventory for resource provider {provider}: Invalid inventory for '{name}' on "
        f"resource provider '{provider}'. The reserved value is {than} total."
    )


class Inventories:
    """The inventories of the cloud."""

    def __init__(self, world: World, providers: Providers, classes: ResourceClasses) -> None:
        self._world = world
        self._providers = providers
        self._classes = classes

    async def of(self, tx: Tx, provider: str) -> dict[str, Row]:
        """A provider's inventories by resource class."""
        rows = await tx.all(select(INVENTORIES).where(INVENTORIES.c.provider == provider))
        return {row["resource_class"]: row for row in rows}

    async def get(self, tx: Tx, provider: str, name: str) -> Row:
        """One inventory.

        Raises:
            NotFound: the provider has none of that class.
        """
        c = INVENTORIES.c
        row = await tx.first(select(INVENTORIES).where(c.provider == provider, c.resource_class == name))
        if row is None:
            raise NotFound(f"No inventory of class {name} for {provider}")
        return row

    async def add(self, tx: Tx, provider: Row, name: str, inventory: Json) -> Row:
        """Give a provider an inventory of a class that it has none of.

        Raises:
            BadRequest: there is no such class.
            ConcurrentUpdate: it has one.
        """
        uid = provider["uuid"]
        try:
            await self._classes.must_exist(tx, [name])
        except ResourceClassNotFound as error:
            raise BadRequest(f"Unable to create inventory for resource provider {uid}: {error.text}") from None
        now = self._world.clock.now()
        row = {"provider": uid, "resource_class": name, "created_at": now, "updated_at": now, **inventory}
        try:
            async with tx.savepoint():
                await tx.insert(INVENTORIES, row)
        except DuplicateRow as error:
            raise ConcurrentUpdate(f"Update conflict: resource provider {uid} has inventory of {name}") from error
        await self._providers.advance(tx, provider)
        return row

    async def change(self, tx: Tx, provider: Row, name: str, inventory: Json) -> Row:
        """Change one inventory.

        Raises:
            BadRequest: the provider has none of that class.
        """
        c = INVENTORIES.c
        uid, now = provider["uuid"], self._world.clock.now()
        statement = update(INVENTORIES).where(c.provider == uid, c.resource_class == name)
        if not await tx.run(statement.values(**inventory, updated_at=now)):
            raise BadRequest(
                f"No inventory record with resource class for resource provider {uid}: "
                f"No inventory of class {name} found."
            )
        await self._providers.advance(tx, provider)
        return {**inventory, "resource_class": name, "updated_at": now}

    async def remove(self, tx: Tx, provider: Row, name: str) -> None:
        """Take one inventory away.

        Raises:
            NotFound: the provider has none of that class.
            ConcurrentUpdate: something is allocated of it.
        """
        prefix = f"No inventory of class {name} found for delete: "
        try:
            await self._classes.must_exist(tx, [name])
        except ResourceClassNotFound as error:
            raise NotFound(prefix + error.text) from None
        if await self._used(tx, provider["uuid"], [name]):
            text = f"Inventory for '{name}' on resource provider '{provider['uuid']}' in use."
            raise ConcurrentUpdate(f"Unable to delete inventory of class {name}: {text}")
        c = INVENTORIES.c
        gone = await tx.run(delete(INVENTORIES).where(c.provider == provider["uuid"], c.resource_class == name))
        if not gone:
            raise NotFound(f"{prefix}No inventory of class {name} found for delete")
        await self._providers.advance(tx, provider)

    async def _used(self, tx: Tx, provider: str, names: list[str]) -> list[str]:
        c = ALLOCATIONS.c
        used = select(c.resource_class).where(c.provider == provider, c.resource_class.in_(names)).distinct()
        found = {row["resource_class"] for row in await tx.all(used)}
        return self._classes.in_order(found)

    async def replace(self, tx: Tx, provider: Row, wanted: dict[str, Json], *, keep: bool = False) -> Row:
        """Make a provider's inventories those of a request, and return the provider's new row.

        Args:
            keep: leave those that are not wanted.

        Raises:
            ResourceClassNotFound: there is no such class.
            InventoryInUse: something is allocated of an inventory that is to go.
        """
        uid, now, c = provider["uuid"], self._world.clock.now(), INVENTORIES.c
        await self._classes.must_exist(tx, list(wanted))
        present = await self.of(tx, uid)
        gone = [] if keep else [name for name in present if name not in wanted]
        if gone:
            used = await self._used(tx, uid, gone)
            if used:
                raise InventoryInUse(classes=", ".join(used), provider=uid)
            await tx.run(delete(INVENTORIES).where(c.provider == uid, c.resource_class.in_(gone)))
        for name, inventory in wanted.items():
            if name in present:
                statement = update(INVENTORIES).where(c.provider == uid, c.resource_class == name)
                await tx.run(statement.values(**inventory, updated_at=now))
        fresh = [
            {"provider": uid, "resource_class": name, "created_at": now, "updated_at": now, **inventory}
            for name, inventory in wanted.items()
            if name not in present
        ]
        await tx.insert(insert(INVENTORIES), fresh)
        return await self._providers.advance(tx, provider)

    async def usages(self, tx: Tx, provider: str) -> dict[str, int]:
        """What is used of each of a provider's inventories."""
        c = ALLOCATIONS.c
        sums = select(c.resource_class, func.sum(c.used).label("used")).where(c.provider == provider)
        used = {row["resource_class"]: int(row["used"]) for row in await tx.all(sums.group_by(c.resource_class))}
        return {name: used.get(name, 0) for name in await self.of(tx, provider)}
