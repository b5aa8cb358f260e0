"""What lies in the storage's folder, taken together: shards, files, keys; and how bytes get from one into the other."""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from pileus.kernel.world import World
from pileus.object_store.storage.content.blobs import Blobs
from pileus.object_store.storage.content.reading import Reading
from pileus.object_store.storage.content.sealing import KeyRing, Sealing
from pileus.object_store.storage.content.uploads import FileUpload, Further, Several
from pileus.object_store.storage.index import data
from pileus.object_store.storage.index.data import Body, Piece
from pileus.object_store.storage.index.shard import Connection, Shard
from pileus.object_store.storage.records import TICKS, Damaged, ObjectRecord

R = TypeVar("R")
Found = tuple[Piece, bytes | None]
"""A piece, with its bytes as they lie if they are in the index."""
GRACE = 120
"""Seconds that bytes outlive their object: an answer may be about to open them."""


class Disk:
    """The folder of a storage; see `FileStorage` for the arguments."""

    def __init__(self, folder: Path, world: World, *, shards: int, durable: bool, encrypt: bool) -> None:
        self._folder = folder
        self._world = world
        self._wanted = shards
        self._durable = durable
        self._encrypt = encrypt
        self.shards: list[Shard] = []
        self.blobs = Blobs(folder, world.ids.hex(), durable=durable)
        self.sealing = Sealing(KeyRing(folder / "keys", world.ids), world.ids)
        self.reading = Reading(self.blobs, self.sealing)

    def open(self) -> None:
        """Open the databases; blocks."""
        index = self._folder / "index"
        index.mkdir(parents=True, exist_ok=True)
        count = len(list(index.glob("*.db"))) or self._wanted
        self.shards = [Shard(index / f"{number:03}.db", durable=self._durable) for number in range(count)]
        for shard in self.shards:
            shard.open()
        self.blobs.open()

    def close(self) -> None:
        """Close everything; blocks."""
        for shard in self.shards:
            shard.close()
        self.blobs.close()

    def now(self) -> int:
        """The moment that it is."""
        return int(self._world.clock.now().timestamp() * TICKS)

    def of(self, account: str) -> Shard:
        """The shard of an account."""
        return self.shards[zlib.crc32(account.encode()) % len(self.shards)]

    # ---- in

    def upload(self, key: bytes | None, *, encrypt: bool) -> FileUpload:
        """Bytes on their way in."""
        sealer = self.sealing.new(key) if key is not None or encrypt or self._encrypt else None
        return FileUpload(self.blobs, self._world.ids.hex(), sealer)

    async def put(self, account: str, upload: FileUpload | Several, work: Callable[[Connection], R]) -> R:
        """Let the index know of bytes that are sealed."""
        made = asyncio.ensure_future(self.of(account).write(work))
        try:
            record = await asyncio.shield(made)
        except asyncio.CancelledError:
            # the index may learn of the bytes all the same: only when it has answered is it known whose they are
            await asyncio.wait([made])
            if made.exception() is None:
                await upload.settled()
            raise
        await upload.settled()
        return record

    async def shared(
        self, record: ObjectRecord, several: Several, key: bytes | None, new_key: bytes | None, *, encrypt: bool
    ) -> None:
        """Make an object's bytes those of another one, to come: shared where they are to lie as they do, else copied.

        Raises:
            WrongKey, Damaged, StorageFull: see there.
        """
        encrypt = new_key is not None or encrypt or self._encrypt
        bodies = []
        for piece, content in await self.pieces(record):
            if bool(piece.sealed) != (encrypt and piece.size > 0):
                upload = self.upload(new_key, encrypt=encrypt)
                several.sources.append(upload)
                async for chunk in self.reading.pieces([(piece, content)], 0, piece.size, key):
                    await upload.add(chunk)
                await upload.seal()
                bodies.append(upload.body)
                continue
            # the bytes stay as they are; only their key is wrapped anew
            sealed = self.sealing.wrap(self.sealing.unwrap(piece.sealed, key), new_key) if piece.sealed else b""
            name = self._world.ids.hex() if content is None else ""
            bodies.append(Body(piece.size, piece.etag, content or b"", name, sealed))
            if name:
                further = Further(self.blobs, piece.data[1:], bodies[-1])
                several.sources.append(further)
                await further.make()
        several.body = bodies[0] if bodies else Body(0, record.etag)
        if record.data.startswith("p"):
            first = bodies[0].sealed[:1] if bodies else b""
            several.body = Body(record.size, record.etag, sealed=first, id=self._world.ids.hex(), pieces=bodies)

    # ---- out

    async def read(self, record: ObjectRecord, start: int, length: int, key: bytes | None) -> AsyncIterator[bytes]:
        """Some of an object's bytes.

        Raises:
            WrongKey, Damaged: see there.
        """
        if record.content is not None:
            yield record.content[start : start + length]
            return
        async for chunk in self.reading.pieces(await self.pieces(record), start, length, key):
            yield chunk

    async def pieces(self, record: ObjectRecord) -> list[Found]:
        """Where an object's bytes are.

        Raises:
            Damaged: see there.
        """
        if record.data.startswith("p"):
            return await self.of(record.account).list(lambda c: self._found(c, record, data.pieces(c, record.data)))
        alone = Piece(record.size, record.etag, record.data, record.sealed)
        known = record.hidden if record.sealed else record.content
        if record.data.startswith("f") or known is not None:
            return [(alone, known)]
        return await self.of(record.account).list(lambda c: self._found(c, record, [alone]))

    def _found(self, connection: Connection, record: ObjectRecord, pieces: list[Piece]) -> list[Found]:
        found: list[Found] = []
        for piece in pieces:
            content = None if piece.data.startswith("f") else data.small(connection, piece.data)
            if content is None and not piece.data.startswith("f"):
                raise Damaged(f"{record.account}/{record.container}/{record.name}: its bytes are gone")
            found.append((piece, content))
        return found

    # ---- away

    async def sweep(self, limit: int) -> int:
        """Remove what no object has had for a while; how much."""
        before = self.now() - GRACE * TICKS
        count = 0
        for shard in self.shards:
            gone = await shard.list(lambda c: data.garbage(c, before, limit))
            for name in gone:
                if not name.startswith("p"):
                    await asyncio.to_thread(self.blobs.remove, name)
            if gone:
                await shard.write(lambda c, gone=gone: data.swept(c, gone))  # type: ignore[misc]
            count += len(gone)
        return count

    async def recover(self) -> None:
        """Remove the files that processes which are no more took in and never gave a name."""
        census = await asyncio.to_thread(self.blobs.census)
        try:
            for folder, names in await asyncio.to_thread(lambda: list(self.blobs.left())):
                for name in names:
                    if not await self._known(name):
                        await asyncio.to_thread(self.blobs.remove, name)
                await asyncio.to_thread(self.blobs.clear, folder)
        finally:
            os.close(census)

    async def _known(self, file: str) -> bool:
        return any([await shard.list(lambda c: data.known(c, file)) for shard in self.shards])
