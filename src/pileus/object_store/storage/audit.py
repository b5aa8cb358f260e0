"""Looks for bytes that are no longer those that were put: reads file after file and compares.

A file that is found damaged is set aside and noted, so that nobody gets to see its bytes.
"""

import asyncio
import hashlib

from pileus.kernel import log
from pileus.kernel.world import World
from pileus.object_store.storage.content.sealing import BLOCK, TAG
from pileus.object_store.storage.disk import Disk
from pileus.object_store.storage.index import auditing
from pileus.object_store.storage.index.auditing import TABLES
from pileus.object_store.storage.index.data import Piece
from pileus.object_store.storage.records import Damaged

LOG = log.get("object-auditor")
TOGETHER = 100
"""Files that are looked up at once."""


class Audit:
    """Goes round all files, again and again.

    Args:
        rate: bytes that are read in a second at the most.
    """

    def __init__(self, disk: Disk, world: World, *, rate: int = 16 << 20) -> None:
        self._disk = disk
        self._world = world
        self._rate = rate

    async def round(self) -> int:
        """Look at every file once; how many were found damaged."""
        found = 0
        for number, shard in enumerate(self._disk.shards):
            for table in TABLES:
                after = ""
                while page := await shard.list(lambda c: auditing.files(c, table, after, TOGETHER)):  # noqa: B023
                    for piece in page:
                        found += await self._look(number, piece)
                    after = page[-1].data
        return found

    async def _look(self, shard: int, piece: Piece) -> bool:
        began = self._world.clock.monotonic()
        wrong = await self._wrong(piece)
        spent = self._world.clock.monotonic() - began
        await self._world.clock.sleep(max(0.0, piece.size / self._rate - spent))
        if not wrong:
            return False
        now = self._disk.now()
        what = await self._disk.shards[shard].write(lambda c: auditing.mark(c, piece.data, now))
        if not what:
            return False  # its object went meanwhile
        await asyncio.to_thread(self._disk.blobs.set_aside, piece.data[1:])
        LOG.error("object damaged", object=what, file=piece.data[1:], found=wrong)
        return True

    async def _wrong(self, piece: Piece) -> str:
        """What is wrong with a file; empty if nothing is."""
        path = self._disk.blobs.path(piece.data[1:])
        blocks = (piece.size + BLOCK - 1) // BLOCK if piece.sealed else 0
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            return "it is gone"
        if size != piece.size + TAG * blocks:
            return f"it has {size} bytes"
        if piece.sealed and not self._disk.sealing.opens(piece.sealed):
            return ""  # only its owner can tell more
        digest = hashlib.md5(usedforsecurity=False)
        try:
            async for chunk in self._disk.reading.file(piece, 0, piece.size, None):
                await asyncio.to_thread(digest.update, chunk)
        except (Damaged, OSError) as error:
            return str(error)
        return "" if digest.hexdigest() == piece.etag else f"its MD5 is {digest.hexdigest()}"
