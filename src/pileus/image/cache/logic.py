"""What the image cache does.

Data that are read from a store elsewhere are written into the cache on their way, and read from there the next time; or
they are fetched ahead, when somebody queues the image.  The files in the cache's folder are named by their image; the
database says which of them are whole.  When they are more than the cache may have, those go first that were not read
for the longest time.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update

from pileus.image.cache.table import CACHED, QUEUED
from pileus.kernel import log
from pileus.kernel.signals import Signals
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

LOG = log.get("image")
TOPIC = "image.cache"
_PART = ".part"


class NotWhole(Exception):
    """What came is not the image's data."""


class Cache:
    """The image cache of one node.

    Args:
        most: bytes in it at the most; 0 for no cache.
    """

    def __init__(self, store: Store, world: World, signals: Signals, *, folder: Path, node: str, most: int) -> None:
        self._store = store
        self._world = world
        self._signals = signals
        self._folder = folder
        self._node = node
        self._most = most
        self._coming: set[str] = set()
        self.on = most > 0

    def _file(self, image_id: str) -> Path:
        return self._folder / image_id

    async def path(self, image: Row) -> Path | None:
        """The file with an image's data, if the cache has them; counted as a hit."""
        if not self.on or not await asyncio.to_thread(self._file(image["id"]).exists):
            return None

        async def hit(tx: Tx) -> bool:
            values = {"hits": CACHED.c.hits + 1, "last_accessed": self._world.clock.now()}
            return bool(await tx.run(update(CACHED).where(*self._here(image["id"])).values(**values)))

        return self._file(image["id"]) if await retrying(self._store, hit) else None

    def _here(self, image_id: str) -> tuple[Any, Any]:
        return CACHED.c.image_id == image_id, CACHED.c.node == self._node

    def takes(self, image: Row) -> bool:
        """Whether an image's data are to be kept when they pass."""
        size = image["size"]
        return self.on and size is not None and 0 < size <= self._most and image["id"] not in self._coming

    async def passing(self, image: Row, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Data on their way to somebody, kept when all of them have come."""
        writer = await self._begin(image)
        try:
            async for chunk in data:
                if writer is not None and not await writer.add(chunk):
                    await writer.abandon()
                    writer = None
                yield chunk
            if writer is not None:
                await self._end(image, writer)
        except NotWhole as error:
            LOG.warning("image not cached", image=image["id"], error=str(error))
        finally:
            self._coming.discard(image["id"])
            if writer is not None:
                await asyncio.shield(writer.abandon())

    async def fetch(self, image: Row, data: AsyncIterator[bytes]) -> None:
        """Put data into the cache.

        Raises:
            NotWhole: they are not the image's.
        """
        if not self.takes(image):
            return
        async for _ in self.passing(image, data):
            pass

    async def _begin(self, image: Row) -> "_Writer | None":
        if not self.takes(image):
            return None
        self._coming.add(image["id"])
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        return await asyncio.to_thread(_Writer, self._file(image["id"] + _PART), image)

    async def _end(self, image: Row, writer: "_Writer") -> None:
        await writer.finish(self._file(image["id"]))
        now = self._world.clock.now()
        row = {"image_id": image["id"], "node": self._node, "size": image["size"], "hits": 0}

        async def record(tx: Tx) -> None:
            await tx.run(delete(CACHED).where(*self._here(image["id"])))
            await tx.insert(CACHED, {**row, "last_accessed": now, "last_modified": now})

        await retrying(self._store, record)
        await self.prune()

    async def queue(self, tx: Tx, image_id: str) -> None:
        """Have an image's data fetched soon."""
        where = (QUEUED.c.image_id == image_id, QUEUED.c.node == self._node)
        if await tx.first(select(QUEUED).where(*where)) is None and not await self._has(tx, image_id):
            await tx.insert(QUEUED, {"image_id": image_id, "node": self._node, "queued_at": self._world.clock.now()})
        tx.after_commit(lambda: self._signals.wake(TOPIC))

    async def _has(self, tx: Tx, image_id: str) -> bool:
        return await tx.first(select(CACHED.c.image_id).where(*self._here(image_id))) is not None

    async def cached(self, tx: Tx) -> list[Row]:
        """What is in the cache."""
        return await tx.all(select(CACHED).where(CACHED.c.node == self._node).order_by(CACHED.c.image_id))

    async def queued(self, tx: Tx) -> list[str]:
        """The images that wait to be fetched, in their turn."""
        statement = select(QUEUED.c.image_id).where(QUEUED.c.node == self._node)
        return [row["image_id"] for row in await tx.all(statement.order_by(QUEUED.c.queued_at, QUEUED.c.image_id))]

    async def nodes(self, tx: Tx, image_id: str) -> list[str]:
        """The nodes whose caches have an image."""
        statement = select(CACHED.c.node).where(CACHED.c.image_id == image_id).order_by(CACHED.c.node)
        return [row["node"] for row in await tx.all(statement)]

    async def drop(self, tx: Tx, image_id: str | None = None) -> None:
        """Take an image, or every one, out of the cache; the file goes after the commit."""
        where = [CACHED.c.node == self._node, *([CACHED.c.image_id == image_id] if image_id else [])]
        await tx.run(delete(CACHED).where(*where))
        tx.after_commit(lambda: self._signals.wake(TOPIC))

    async def unqueue(self, tx: Tx, image_id: str | None = None) -> None:
        """Fetch an image, or any, no more."""
        where = [QUEUED.c.node == self._node, *([QUEUED.c.image_id == image_id] if image_id else [])]
        await tx.run(delete(QUEUED).where(*where))

    async def prune(self) -> tuple[int, int]:
        """Make the cache as small as it may be; how many files went, and how many bytes."""

        async def choose(tx: Tx) -> list[Row]:
            mine = CACHED.c.node == self._node
            total = int(await tx.scalar(select(func.coalesce(func.sum(CACHED.c.size), 0)).where(mine)) or 0)
            gone: list[Row] = []
            by_age = select(CACHED).where(mine).order_by(CACHED.c.last_accessed)
            for row in await tx.all(by_age) if total > self._most else []:
                if total <= self._most:
                    break
                await tx.run(delete(CACHED).where(*self._here(row["image_id"])))
                total -= row["size"]
                gone.append(row)
            return gone

        gone = await retrying(self._store, choose)
        for row in gone:
            await asyncio.to_thread(self._file(row["image_id"]).unlink, missing_ok=True)
        return len(gone), sum(row["size"] for row in gone)

    async def clean(self) -> int:
        """Drop files that the database does not know, and what it knows without a file; how many."""
        there = await asyncio.to_thread(self._there)
        async with self._store.read() as tx:
            known = {row["image_id"] for row in await self.cached(tx)}
        coming = {name + _PART for name in self._coming} | self._coming
        lost, stray = known - there, there - known - coming
        if lost:
            where = (CACHED.c.node == self._node, CACHED.c.image_id.in_(lost))
            await retrying(self._store, lambda tx: tx.run(delete(CACHED).where(*where)))
        for name in stray:
            await asyncio.to_thread(self._file(name).unlink, missing_ok=True)
        return len(lost) + len(stray)

    def _there(self) -> set[str]:
        return {file.name for file in self._folder.iterdir()} if self._folder.is_dir() else set()


class _Writer:
    """One file on its way into the cache; digested by what the image says of itself."""

    def __init__(self, path: Path, image: Row) -> None:
        self._path = path
        self._size = image["size"]
        self._expected = image["os_hash_value"]
        algorithm = image["os_hash_algo"]
        self._digest = hashlib.new(algorithm) if algorithm and self._expected else None
        self._written = 0
        self._file = path.open("wb", buffering=0)

    async def add(self, chunk: bytes) -> bool:
        """Write; whether that was possible."""
        try:
            await asyncio.to_thread(self._add, chunk)
        except OSError as error:
            LOG.warning("the image cache cannot be written", error=str(error))
            return False
        return True

    def _add(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self._written += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)

    async def finish(self, target: Path) -> None:
        """Give the file its name.

        Raises:
            NotWhole: it is not what the image says.
        """
        if self._written != self._size or (self._digest is not None and self._digest.hexdigest() != self._expected):
            raise NotWhole("the data are not what the image says of them")
        await asyncio.to_thread(self._path.replace, target)

    async def abandon(self) -> None:
        """Close, and drop what has no name yet."""
        await asyncio.to_thread(self._abandon)

    def _abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
