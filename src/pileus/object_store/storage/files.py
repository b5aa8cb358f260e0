"""Objects on one machine: an index with the small ones in SQLite, the large ones as files.

An object of up to `SMALL` bytes is a row beside its index row, in the same transaction.  A larger one is a file that is
on disk, in its place, before the index names it; what the index does not name is removed when its process is gone.
"""

import asyncio
import hashlib
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from pileus.kernel.serving.server import file_chunks
from pileus.kernel.world import World
from pileus.object_store.storage import rows
from pileus.object_store.storage.blobs import Blobs, Incoming
from pileus.object_store.storage.protocol import (
    TICKS,
    AccountRecord,
    Change,
    ContainerRecord,
    Damaged,
    Draft,
    ObjectRecord,
    Query,
    Subdir,
    Upload,
)
from pileus.object_store.storage.shard import Shard

SMALL = 64 << 10
"""Bytes of an object that is kept in the index at the most."""
GATHER = 1 << 20
"""Bytes that are hashed and written at once."""
GRACE = 120
"""Seconds that a file outlives its object: an answer may be about to open it."""


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class FileUpload:
    """Bytes on their way in: in memory while they are few, then in a file."""

    def __init__(self, blobs: Blobs, name: str) -> None:
        self._blobs = blobs
        self._name = name
        self._waiting: list[bytes] = []
        self._gathered = 0
        self._writing: asyncio.Task[None] | None = None
        self.file: Incoming | None = None
        self.content = b""
        self.size = 0
        self.etag = ""

    async def add(self, data: bytes) -> None:
        """Take more bytes; while they arrive, those before are hashed and written."""
        self._waiting.append(data)
        self._gathered += len(data)
        self.size += len(data)
        if self._gathered >= GATHER:
            await self._flush()

    async def _flush(self) -> None:
        block, self._waiting, self._gathered = b"".join(self._waiting), [], 0
        await self._written()
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, block))

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None

    def _write(self, block: bytes) -> None:
        if self.file is None:
            self.file = self._blobs.incoming(self._name)
        self.file.add(block)

    async def seal(self) -> str:
        """Their MD5."""
        if self.size <= SMALL and self.file is None and self._writing is None:
            self.content = b"".join(self._waiting)
            self.etag = _md5(self.content)
            return self.etag
        await self._flush()
        await self._written()
        assert self.file is not None
        self.etag = await asyncio.to_thread(self.file.seal)
        return self.etag

    async def settled(self) -> None:
        """The index knows the bytes."""
        if self.file is not None:
            file, self.file = self.file, None
            await asyncio.to_thread(file.settled)

    async def abandon(self) -> None:
        """Forget the bytes."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        if self.file is not None:
            file, self.file = self.file, None
            await asyncio.to_thread(file.abandon)


class FileStorage:
    """The storage of one machine.

    Args:
        folder: everything lies below it.
        shards: databases that the accounts are spread over; kept as the folder was made.
        durable: whether what is accepted is on disk.
    """

    def __init__(self, folder: Path, world: World, *, shards: int = 1, durable: bool = True) -> None:
        self._folder = folder
        self._world = world
        self._wanted = shards
        self._durable = durable
        self._shards: list[Shard] = []
        self._blobs = Blobs(folder, world.ids.hex(), durable=durable)

    async def start(self) -> None:
        """Open the databases, and put right what processes that are no more left behind."""
        await asyncio.to_thread(self._open)
        await self.recover()

    def _open(self) -> None:
        index = self._folder / "index"
        index.mkdir(parents=True, exist_ok=True)
        count = len(list(index.glob("*.db"))) or self._wanted
        self._shards = [Shard(index / f"{number:03}.db", durable=self._durable) for number in range(count)]
        for shard in self._shards:
            shard.open()
        self._blobs.open()

    async def stop(self) -> None:
        """Close everything."""
        for shard in self._shards:
            await asyncio.to_thread(shard.close)
        await asyncio.to_thread(self._blobs.close)

    def _now(self) -> int:
        return int(self._world.clock.now().timestamp() * TICKS)

    def _of(self, account: str) -> Shard:
        return self._shards[zlib.crc32(account.encode()) % len(self._shards)]

    async def account(self, account: str) -> AccountRecord | None:
        """An account."""
        return self._of(account).look(lambda c: rows.account(c, account))

    async def change_account(self, account: str, change: Change) -> bool:
        """Change metadata; whether the account was made."""
        now = self._now()
        return (await self._of(account).write(lambda c: rows.change_account(c, account, change, now)))[1]

    async def delete_account(self, account: str) -> bool:
        """Forget an account with all that is in it."""
        now = self._now()
        return await self._of(account).write(lambda c: rows.delete_account(c, account, now))

    async def containers(self, account: str, query: Query) -> list[ContainerRecord | Subdir]:
        """A page of containers."""
        return await self._of(account).list(lambda c: rows.containers(c, account, query))

    async def container(self, account: str, container: str) -> ContainerRecord | None:
        """A container."""
        return self._of(account).look(lambda c: rows.container(c, account, container))

    async def put_container(self, account: str, container: str, policy: str, change: Change) -> bool:
        """Make a container or change its metadata."""
        now = self._now()
        return await self._of(account).write(lambda c: rows.put_container(c, account, container, policy, change, now))

    async def change_container(self, account: str, container: str, change: Change) -> None:
        """Change a container's metadata."""
        now = self._now()
        await self._of(account).write(lambda c: rows.change_container(c, account, container, change, now))

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container."""
        await self._of(account).write(lambda c: rows.delete_container(c, account, container))

    async def objects(self, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
        """A page of objects."""
        return await self._of(account).list(lambda c: rows.objects(c, account, container, query))

    async def object(self, account: str, container: str, name: str, *, content: bool = False) -> ObjectRecord | None:
        """An object."""
        record = self._of(account).look(lambda c: rows.object_(c, account, container, name, content=content))
        if record is not None and record.content is not None and _md5(record.content) != record.etag:
            raise Damaged(f"{account}/{container}/{name}: its bytes are not those that were put")
        return record

    def upload(self, account: str, container: str, name: str) -> FileUpload:
        """Begin to take an object's bytes."""
        return FileUpload(self._blobs, self._world.ids.hex())

    async def put_object(
        self, account: str, container: str, name: str, upload: Upload, draft: Draft, *, absent: bool = False
    ) -> ObjectRecord:
        """Make an upload the object of that name."""
        assert isinstance(upload, FileUpload), "an upload belongs to the storage that made it"
        now, place = self._now(), (account, container, name)
        body = (upload.size, upload.etag, None if upload.file else upload.content, upload.file and upload.file.name)
        made = asyncio.ensure_future(
            self._of(account).write(
                lambda c: rows.put_object(c, place, draft, body, now, absent=absent)  # type: ignore[arg-type]
            )
        )
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

    async def change_object(self, account: str, container: str, name: str, draft: Draft) -> ObjectRecord | None:
        """Replace what an object is besides its bytes."""
        now = self._now()
        return await self._of(account).write(lambda c: rows.change_object(c, account, container, name, draft, now))

    async def delete_object(self, account: str, container: str, name: str, stamp: int = 0) -> ObjectRecord | None:
        """Forget an object."""
        now = self._now()
        return await self._of(account).write(lambda c: rows.delete_object(c, account, container, name, stamp, now))

    async def read(self, record: ObjectRecord, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of an object's bytes."""
        if record.content is not None:
            yield record.content[start : start + length]
            return
        path = self.file(record)
        assert path is not None, "a small object is read with its content"
        async for chunk in file_chunks(path, start, length):
            yield chunk

    def file(self, record: ObjectRecord) -> Path | None:
        """The file that holds the bytes."""
        return self._blobs.path(record.data[1:]) if record.data.startswith("f") else None

    async def expired(self, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
        """Objects whose time has come."""
        found: list[tuple[str, str, ObjectRecord]] = []
        for shard in self._shards:
            left = limit - len(found)
            found += await shard.list(lambda c, left=left: rows.expired(c, second, left))  # type: ignore[misc]
        return found

    async def sweep(self, limit: int = 1000) -> int:
        """Remove files that no object has had for a while; how many."""
        before = self._now() - GRACE * TICKS
        count = 0
        for shard in self._shards:
            files = await shard.list(lambda c: rows.garbage(c, before, limit))
            for file in files:
                await asyncio.to_thread(self._blobs.remove, file)
            if files:
                await shard.write(lambda c, files=files: rows.swept(c, files))  # type: ignore[misc]
            count += len(files)
        return count

    async def recover(self) -> None:
        """Remove the files that processes which are no more took in and never gave a name."""
        census = await asyncio.to_thread(self._blobs.census)
        try:
            for folder, names in await asyncio.to_thread(lambda: list(self._blobs.left())):
                for name in names:
                    if not await self._known(name):
                        await asyncio.to_thread(self._blobs.remove, name)
                await asyncio.to_thread(self._blobs.clear, folder)
        finally:
            os.close(census)

    async def _known(self, file: str) -> bool:
        return any([await shard.list(lambda c: rows.known(c, file)) for shard in self._shards])
