"""Resource classes: the standard ones of os-resource-classes, and custom ones."""

from collections.abc import Collection

import os_resource_classes
from sqlalchemy import delete, select, update

from pileus.kernel.api.errors import BadRequest, Conflict
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.errors import ResourceClassNotFound
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import INVENTORIES
from pileus.placement.resource_classes.table import RESOURCE_CLASSES

_RANK = {name: rank for rank, name in enumerate(os_resource_classes.STANDARDS)}


class ResourceClasses:
    """The resource classes of the cloud."""

    def __init__(self, world: World, providers: Providers) -> None:
        self._world = world
        self._providers = providers

    async def all(self, tx: Tx) -> list[Row]:
        """Every class: the standard ones first (without times), custom ones in the order in which they were made."""
        c = RESOURCE_CLASSES.c
        custom = await tx.all(select(RESOURCE_CLASSES).order_by(c.created_at, c.name))
        return [{"name": name, "updated_at": None} for name in os_resource_classes.STANDARDS] + custom

    async def find(self, tx: Tx, name: str) -> Row | None:
        """A class, if there is one of that name."""
        if name in _RANK:
            return {"name": name, "updated_at": None}
        return await tx.first(select(RESOURCE_CLASSES).where(RESOURCE_CLASSES.c.name == name))

    async def get(self, tx: Tx, name: str) -> Row:
        """A class.

        Raises:
            ResourceClassNotFound: there is none of that name.
        """
        row = await self.find(tx, name)
        if row is None:
            raise ResourceClassNotFound(name=name)
        return row

    async def known(self, tx: Tx, names: Collection[str]) -> set[str]:
        """Those of the names that are names of classes."""
        custom = [name for name in names if name not in _RANK]
        found = {name for name in names if name in _RANK}
        if custom:
            c = RESOURCE_CLASSES.c
            found |= {row["name"] for row in await tx.all(select(c.name).where(c.name.in_(custom)))}
        return found

    async def must_exist(self, tx: Tx, names: Collection[str]) -> None:
        """Check that there are classes of all the names.

        Raises:
            ResourceClassNotFound: there is none of one of them.
        """
        known = await self.known(tx, names)
        for name in names:
            if name not in known:
                raise ResourceClassNotFound(name=name)

    def in_order(self, names: Collection[str]) -> list[str]:
        """Names of classes in the order of the list: standard ones first."""
        return sorted(names, key=lambda name: (_RANK.get(name, len(_RANK)), name))

    async def create(self, tx: Tx, name: str) -> Row:
        """Make a custom class.

        Raises:
            Conflict: there is one of that name.
        """
        now = self._world.clock.now()
        row = {"name": name, "created_at": now, "updated_at": now}
        try:
            async with tx.savepoint():
                await tx.insert(RESOURCE_CLASSES, row)
        except DuplicateRow as error:
            raise Conflict(f"Conflicting resource class already exists: {name}") from error
        return row

    async def rename(self, tx: Tx, row: Row, name: str) -> None:
        """Give a custom class another name, wherever it is used.

        Raises:
            BadRequest: it is a standard one.
            Conflict: there is one of that name.
        """
        old = row["name"]
        if old in _RANK:
            raise BadRequest(f"Cannot update standard resource class {old}")
        if old == name:
            return
        c = RESOURCE_CLASSES.c
        try:
            async with tx.savepoint():
                values = {"name": name, "updated_at": self._world.clock.now()}
                await tx.run(update(RESOURCE_CLASSES).where(c.name == old).values(**values))
        except DuplicateRow as error:
            raise Conflict(f"Resource class already exists: {name}") from error
        having = select(INVENTORIES.c.provider).where(INVENTORIES.c.resource_class == old)
        providers = [entry["provider"] for entry in await tx.all(having)]
        for table in (INVENTORIES, ALLOCATIONS):
            await tx.run(update(table).where(table.c.resource_class == old).values(resource_class=name))
        await self._providers.restamp(tx, providers)

    async def delete(self, tx: Tx, row: Row) -> None:
        """Remove a custom class that nobody has an inventory of.

        Raises:
            BadRequest: it is a standard one.
            Conflict: somebody has.
        """
        name, prefix = row["name"], "Error in delete resource class: "
        if name in _RANK:
            raise BadRequest(f"{prefix}Cannot delete standard resource class {name}.")
        used = select(INVENTORIES.c.provider).where(INVENTORIES.c.resource_class == name).limit(1)
        if await tx.scalar(used) is not None:
            raise Conflict(f"{prefix}Cannot delete resource class {name}. Class is in use in inventory.")
        await tx.run(delete(RESOURCE_CLASSES).where(RESOURCE_CLASSES.c.name == name))
