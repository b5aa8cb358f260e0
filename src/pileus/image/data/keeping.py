"""Putting data into stores and taking them out again, so that the same data lie in each store once.

Data lie in a store as long as an image's location names them.  Between the moment that data are put there and the one
that a location says so nobody may take them for forgotten, nor the other way round: both happen in one turn per name.
A process that dies in between leaves data of no image, which `sweep` finds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from pileus.host.turns import Turns
from pileus.image.locations.logic import Locations
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.stores.registry import Stores, keeps
from pileus.kernel import log
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying

LOG = log.get("image")


class Keeper:
    """Data in stores, counted by the locations that name them."""

    def __init__(self, store: Store, stores: Stores, locations: Locations) -> None:
        self._store = store
        self._stores = stores
        self._locations = locations
        self._turns = Turns()
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(
        self, source: Path, name: str, store: str, record: Callable[[Tx], Awaitable[bool]], *, share: bool = False
    ) -> bool:
        """Put a file's data into a store, and say so in the database.

        Args:
            name: of the content.
            record: adds the location in the transaction it is given; whether it did (else the data are not wanted).
            share: whether the store may have the very file, which never changes again.

        Raises:
            UnknownStore, StoreUnreachable, StorageFull: see `Store.keep`.
        """
        shelf = self._stores.store(store)
        async with self._turns.take(f"{store}/{name}"):
            recorded = False
            try:
                await shelf.keep(source, name, share=share)
                recorded = await retrying(self._store, record)
            finally:
                if not recorded:
                    await asyncio.shield(self._drop_unused(store, name))
        return recorded

    async def _drop_unused(self, store: str, name: str) -> None:
        member = self._stores.get(store)
        if member is None or not keeps(member.shelf):
            return
        async with self._store.read() as tx:
            if await self._locations.used(tx, store, name):
                return
        try:
            await member.shelf.delete(name)
        except StoreUnreachable as error:
            LOG.warning("data stay behind until the next sweep", store=store, error=str(error))

    async def drop(self, store: str, name: str) -> None:
        """Take data out of a store unless an image has them."""
        async with self._turns.take(f"{store}/{name}"):
            await self._drop_unused(store, name)

    def forget(self, places: Iterable[Row]) -> None:
        """Take data out of stores soon; what a process that dies first leaves is swept."""
        for place in list(places):
            self.later(self.drop(place["store"], place["name"]))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something soon; what a process that dies first leaves undone is swept."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until everything forgotten so far is gone."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def sweep(self, store: str) -> int:
        """Take out of a store what belongs to no image; how many.

        Raises:
            StoreUnreachable: the store does not answer.
        """
        member = self._stores.get(store)
        if member is None or not keeps(member.shelf):
            return 0
        there = await member.shelf.names()
        async with self._store.read() as tx:
            known = await self._locations.names(tx, store)
        for name in there - known:
            LOG.info("dropping data of no image", store=store, name=name[:16])
            await self.drop(store, name)  # looks again, in its turn
        return len(there - known)
