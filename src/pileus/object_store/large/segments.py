"""The bytes of an object that is made of others."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from pileus.object_store.storage.protocol import Storage


class Broken(Exception):
    """A segment is gone, or is not what it was: the answer breaks off, so that nobody takes it for whole."""


class Segment(msgspec.Struct, frozen=True):
    """A part of an object.

    Attributes:
        etag: what the segment's must be; empty for any.
        start, length: which of its bytes.
    """

    account: str
    container: str
    name: str
    etag: str
    start: int
    length: int


class SegmentSource:
    """Segments as one piece."""

    content: bytes | None = None
    file: Path | None = None

    def __init__(self, storage: Storage, segments: Sequence[Segment]) -> None:
        self._storage = storage
        self._segments = segments
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
            record = await self._storage.object(segment.account, segment.container, segment.name, content=True)
            if record is None or (segment.etag and record.etag != segment.etag) or record.size < segment.start + take:
                raise Broken(f"{segment.container}/{segment.name}")
            async for chunk in self._storage.read(record, segment.start + start, take):
                yield chunk
            start, length = 0, length - take
