"""Traits: the standard ones of os-traits, and custom ones; and which providers have them."""

from collections.abc import Collection
from typing import Any

import os_traits
from sqlalchemy import delete, select

from pileus.kernel.api.errors import BadRequest, Conflict
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.placement.errors import TraitNotFound
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import PROVIDER_TRAITS
from pileus.placement.traits.table import TRAITS


class Traits:
    """The traits of the cloud."""

    def __init__(self, world: World, providers: Providers) -> None:
        self._world = world
        self._providers = providers
        self._standard = frozenset(os_traits.get_traits())

    async def listed(self, tx: Tx, *, names: Collection[str] | None, prefix: str, used: bool | None) -> list[Row]:
        """Traits in the order of their names, without times where they are standard.

        Args:
            names: only these; None for all.
            prefix: what their names start with.
            used: whether some provider has them; None for either.
        """
        rows = [{"name": name, "created_at": None} for name in self._standard] + await tx.all(select(TRAITS))
        if names is not None:
            rows = [row for row in rows if row["name"] in names]
        if used is not None:
            having = {row["trait"] for row in await tx.all(select(PROVIDER_TRAITS.c.trait).distinct())}
            rows = [row for row in rows if (row["name"] in having) is used]
        return sorted((row for row in rows if row["name"].startswith(prefix)), key=lambda row: row["name"])

    async def find(self, tx: Tx, name: str) -> Row | None:
        """A trait, if there is one of that name."""
        if name in self._standard:
            return {"name": name, "created_at": None}
        return await tx.first(select(TRAITS).where(TRAITS.c.name == name))

    async def get(self, tx: Tx, name: str) -> Row:
        """A trait.

        Raises:
            TraitNotFound: there is none of that name.
        """
        row = await self.find(tx, name)
        if row is None:
            raise TraitNotFound(name=name)
        return row

    async def known(self, tx: Tx, names: Collection[str]) -> set[str]:
        """Those of the names that are names of traits."""
        found = {name for name in names if name in self._standard}
        custom = [name for name in names if name not in found]
        if custom:
            found |= {row["name"] for row in await tx.all(select(TRAITS.c.name).where(TRAITS.c.name.in_(custom)))}
        return found

    async def create(self, tx: Tx, name: str) -> tuple[Row, bool]:
        """Make a trait unless it exists; the trait, and whether it was made."""
        row = await self.find(tx, name)
        if row is not None:
            return row, False
        row = {"name": name, "created_at": self._world.clock.now()}
        try:
            async with tx.savepoint():
                await tx.insert(TRAITS, row)
        except DuplicateRow:
            return row, False
        return row, True

    async def delete(self, tx: Tx, name: str) -> None:
        """Remove a custom trait that no provider has.

        Raises:
            TraitNotFound, BadRequest, Conflict: there is none, it is standard, or a provider has it.
        """
        await self.get(tx, name)
        if name in self._standard:
            raise BadRequest(f"Cannot delete standard trait {name}.")
        having = select(PROVIDER_TRAITS.c.provider).where(PROVIDER_TRAITS.c.trait == name).limit(1)
        if await tx.scalar(having) is not None:
            raise Conflict(f"The trait {name} is in use by a resource provider.")
        await tx.run(delete(TRAITS).where(TRAITS.c.name == name))

    async def of(self, tx: Tx, provider: str) -> list[Row]:
        """A provider's traits in the order of their names."""
        c = PROVIDER_TRAITS.c
        joined = select(c.trait.label("name"), TRAITS.c.created_at).outerjoin(TRAITS, TRAITS.c.name == c.trait)
        return await tx.all(joined.where(c.provider == provider).order_by(c.trait))

    async def replace(self, tx: Tx, provider: Row, names: Collection[str]) -> Row:
        """Make a provider's traits those named, and return the provider's row.

        Raises:
            BadRequest: there is no such trait.
            ConcurrentUpdate: somebody else has changed the provider since its row was read.
        """
        missing = set(names) - await self.known(tx, names)
        if missing:
            raise BadRequest(f"No such trait {', '.join(sorted(missing))}")
        uid, c = provider["uuid"], PROVIDER_TRAITS.c
        present = {row["name"] for row in await self.of(tx, uid)}
        wanted = set(names)
        if present == wanted:
            return provider
        await tx.run(delete(PROVIDER_TRAITS).where(c.provider == uid, c.trait.in_(present - wanted)))
        rows: list[dict[str, Any]] = [{"provider": uid, "trait": trait} for trait in sorted(wanted - present)]
        await tx.insert(PROVIDER_TRAITS, rows)
        return await self._providers.advance(tx, provider)
