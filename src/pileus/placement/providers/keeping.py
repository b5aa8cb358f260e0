"""Providers that another service keeps up to date: its hosts."""

from collections.abc import Mapping

from sqlalchemy import delete, select

from pileus.kernel.store import Tx
from pileus.placement.inventories.logic import FIELDS, Inventories
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import PROVIDERS
from pileus.placement.service import Inventory
from pileus.placement.traits.logic import Traits


class Keeping:
    """Makes providers, and brings them up to date where something has changed."""

    def __init__(self, providers: Providers, inventories: Inventories, traits: Traits) -> None:
        self._providers = providers
        self._inventories = inventories
        self._traits = traits

    async def keep(
        self, tx: Tx, id: str, name: str, inventories: Mapping[str, Inventory], traits: frozenset[str]
    ) -> None:
        """Make a root provider or bring it up to date; nothing is written when nothing changed.

        Custom traits that there are none of yet are made.
        """
        row = await self._providers.find(tx, id)
        if row is None:
            row = await self._providers.create(tx, id, name)
        elif row["name"] != name:
            row = await self._providers.update(tx, row, {"name": name}, reparenting=False)
        wanted = {
            kind: {field: getattr(inventory, field) for field in FIELDS} for kind, inventory in inventories.items()
        }
        present = await self._inventories.of(tx, id)
        if wanted != {kind: {field: held[field] for field in FIELDS} for kind, held in present.items()}:
            row = await self._inventories.replace(tx, row, wanted)
        for trait in sorted(traits - await self._traits.known(tx, traits)):
            await self._traits.create(tx, trait)
        await self._traits.replace(tx, row, traits)

    async def remove(self, tx: Tx, id: str) -> None:
        """Remove a provider, if there is one of that id.

        Raises:
            MissingReference: something is allocated on it.
        """
        if await tx.scalar(select(PROVIDERS.c.uuid).where(PROVIDERS.c.uuid == id)) is not None:
            await tx.run(delete(PROVIDERS).where(PROVIDERS.c.uuid == id))
