"""Bytes on their way in: in memory while they are few, then in a file."""

import asyncio
import hashlib

from pileus.object_store.storage.content.blobs import Blobs, Incoming
from pileus.object_store.storage.content.sealing import Sealer
from pileus.object_store.storage.index.data import Body

SMALL = 64 << 10
"""Bytes of an object that is kept in the index at the most."""
GATHER = 1 << 20
"""Bytes that are hashed and written at once."""


def md5(content: bytes) -> str:
    """The digest that ETags are."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class FileUpload:
    """The bytes of one object.

    Args:
        name: that of the file, if there is to be one.
        sealer: what encrypts them, if anything.
    """

    def __init__(self, blobs: Blobs, name: str, sealer: Sealer | None = None) -> None:
        self._blobs = blobs
        self._name = name
        self._sealer = sealer
        self._waiting: list[bytes] = []
        self._gathered = 0
        self._writing: asyncio.Task[None] | None = None
        self._digest = hashlib.md5(usedforsecurity=False)
        self._content = b""
        self._etag = ""
        self._file: Incoming | None = None
        self.size = 0

    async def add(self, data: bytes) -> None:
        """Take more bytes; while they arrive, those before are hashed and written."""
        self._waiting.append(data)
        self._gathered += len(data)
        self.size += len(data)
        if self._gathered >= GATHER:
            await self._flush()

    async def _flush(self, *, last: bool = False) -> None:
        block, self._waiting, self._gathered = b"".join(self._waiting), [], 0
        await self._written()
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, block, last=last))

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    def _write(self, block: bytes, *, last: bool) -> None:
        if self._file is None:
            self._file = self._blobs.incoming(self._name)
        self._digest.update(block)
        self._file.add(self._sealer.add(block, last=last) if self._sealer is not None else block)
        if last:
            self._file.seal()

    async def seal(self) -> str:
        """Their MD5."""
        if self.size <= SMALL and self._file is None and self._writing is None:
            plain = b"".join(self._waiting)
            self._waiting.clear()
            self._content = self._sealer.add(plain, last=True) if self._sealer is not None else plain
            self._etag = md5(plain)
            return self._etag
        await self._flush(last=True)
        await self._written()
        self._etag = self._digest.hexdigest()
        return self._etag

    @property
    def body(self) -> Body:
        """What the index is to know of them, once they are sealed."""
        assert self._etag, "the upload is sealed first"
        sealed = self._sealer.sealed if self._sealer is not None and self.size else b""
        file = self._file.name if self._file is not None else ""
        return Body(self.size, self._etag, self._content, file, sealed)

    async def settled(self) -> None:
        """The index knows the bytes."""
        if self._file is not None:
            file, self._file = self._file, None
            await asyncio.to_thread(file.settled)

    async def abandon(self) -> None:
        """Forget the bytes."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        if self._file is not None:
            file, self._file = self._file, None
            await asyncio.to_thread(file.abandon)


class Further:
    """The bytes of a file under a further name.

    Args:
        source: the file's name.
        known: what the index is to know of them.
    """

    def __init__(self, blobs: Blobs, source: str, known: Body) -> None:
        self._blobs = blobs
        self._source = source
        self._file: Incoming | None = None
        self.body = known

    async def make(self) -> None:
        """Give the file its further name, on the disk."""
        await asyncio.to_thread(self._make)

    def _make(self) -> None:
        self._file = self._blobs.incoming(self.body.file, self._source)
        self._file.seal()

    async def settled(self) -> None:
        """The index knows the bytes."""
        if self._file is not None:
            file, self._file = self._file, None
            await asyncio.to_thread(file.settled)

    async def abandon(self) -> None:
        """Forget them, unless they were put."""
        if self._file is not None:
            file, self._file = self._file, None
            await asyncio.to_thread(file.abandon)


class Several:
    """Bytes that come from several places, for one object.

    Attributes:
        body: what the index is to know of them.
    """

    def __init__(self) -> None:
        self.body = Body(0, "")
        self.sources: list[FileUpload | Further] = []

    async def settled(self) -> None:
        """The index knows the bytes."""
        for source in self.sources:
            await source.settled()

    async def abandon(self) -> None:
        """Forget them, unless they were put."""
        for source in self.sources:
            await source.abandon()
