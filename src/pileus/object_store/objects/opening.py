"""An object opened for reading: in one piece, or made of its segments."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import NotFound
from pileus.object_store.large import dynamic, static
from pileus.object_store.large.segments import Segment, SegmentSource
from pileus.object_store.objects.entering import Door, Entry
from pileus.object_store.objects.reading import STATIC, ObjectSource
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.wire.bodies import Source


class Opened(msgspec.Struct, frozen=True):
    """An object to be read.

    Attributes:
        etag: of what is read.
        kind: "plain", "static", "dynamic", or "list" for the list of a static one itself.
    """

    record: ObjectRecord
    source: Source
    etag: str
    kind: str = "plain"

    @property
    def shown_etag(self) -> str:
        """As the header has it: that of an object made of segments is quoted, since it is no MD5."""
        return f'"{self.etag}"' if self.kind in {"static", "dynamic"} else self.etag


class Bytes:
    """Bytes in memory as a source."""

    file: Path | None = None

    def __init__(self, content: bytes) -> None:
        self.content: bytes | None = content
        self.size = len(content)

    async def read(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of them."""
        assert self.content is not None
        yield self.content[start : start + length]


class Opener:
    """Opens objects."""

    def __init__(self, storage: Storage, door: Door) -> None:
        self._storage = storage
        self._door = door

    async def open(self, call: Call, entry: Entry | None, account: str, record: ObjectRecord) -> Opened:
        """Open an object, or the list of its segments if the request asks for that.

        Args:
            record: with its content, if that is small.

        Raises:
            Unauthorized, Forbidden, NotFound: the caller may not read the segments.
        """
        manifest = call.request.query_params.get("multipart-manifest") == "get"
        if STATIC in record.metadata:
            if manifest:
                return await self._list(call, record)
            etag, size = static.made_of(record)
            segments: list[Segment] = []
            if call.request.method != "HEAD":
                listed = await static.manifest(self._storage, record)
                segments = await static.segments(self._storage, account, listed)
                await self._check(call, entry, segments)
            source = SegmentSource(self._storage, segments)
            source.size = size
            return Opened(record, source, etag, "static")
        if dynamic.MANIFEST in record.metadata and not manifest:
            segments, etag = await dynamic.segments(self._storage, account, record)
            await self._check(call, entry, segments)
            return Opened(record, SegmentSource(self._storage, segments), etag, "dynamic")
        return Opened(record, ObjectSource(self._storage, record), record.etag)

    async def _list(self, call: Call, record: ObjectRecord) -> Opened:
        listed = await static.manifest(self._storage, record)
        raw = call.request.query_params.get("format") == "raw"
        return Opened(record, Bytes(static.raw(listed) if raw else msgspec.json.encode(listed)), record.etag, "list")

    async def _check(self, call: Call, entry: Entry | None, segments: list[Segment]) -> None:
        for account, container in {(segment.account, segment.container) for segment in segments}:
            try:
                await self._door.also(call, "GET", (account, container, ""), entry)
            except NotFound:
                continue  # found broken when it is read
