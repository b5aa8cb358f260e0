"""The bytes of an object that is made of others."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from pileus.object_store.storage.protocol import ObjectRecord, Storage

Find = Callable[[tuple[str, str, str]], Awaitable[ObjectRecord | None]]
"""Finds the object of an address, links followed, with its small bytes."""


class Broken(Exception):
    """A segment is gone, or is not what it was: the answer breaks off, so that nobody takes it for whole."""


class Segment(msgspec.Struct, frozen=True):
    """A part of an object.

    Attributes:
        etag: what the segment's must be; empty for any.
        start, length: which of its bytes.
        data: the bytes themselves, for those that stand in a list.
    """

    account: str
    container: str
    name: str
    etag: str
    start: int
    length: int
    data: bytes | None = None


class SegmentSource:
    """Segments as one piece."""

    content: bytes | None = None
    file: Path | None = None

    def __init__(self, storage: Storage, segments: Sequence[Segment], find: Find) -> None:
        self._storage = storage
        self._segments = segments
        self._find = find
        self.size = sum(segment.length for segment in segments)

    async def read(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of the bytes.

        Raises:
            Broken: see there.
        """
        for segment in self._segments:
            if length <= 0:
                return
            if start >= segment.length:
                start -= segment.length
                continue
            take = min(length, segment.length - start)
            first = segment.start + start
            if segment.data is not None:
                yield segment.data[first : first + take]
            else:
                record = await self.checked(segment, first + take)
                async for chunk in self._storage.read(record, first, take):
                    yield chunk
            start, length = 0, length - take

    async def checked(self, segment: Segment, end: int) -> ObjectRecord:
        """A segment's object, if it still is what it was and goes so far.

        Raises:
            Broken: see there.
        """
        record = await self._find((segment.account, segment.container, segment.name))
        if record is None or (segment.etag and record.etag != segment.etag) or record.size < end:
            raise Broken(f"{segment.container}/{segment.name}")
        return record
