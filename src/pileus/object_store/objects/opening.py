"""An object opened for reading: in one piece, or made of its segments."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Conflict, NotFound, RangeNotSatisfiable
from pileus.kernel.api.formats import is_whole
from pileus.object_store.access.entering import Door, Entry
from pileus.object_store.large import dynamic, static
from pileus.object_store.large.segments import Broken, Find, Segment, SegmentSource
from pileus.object_store.objects.links import Links
from pileus.object_store.objects.marks import LINK, STATIC
from pileus.object_store.objects.reading import ObjectSource
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.wire.bodies import Source


class Opened(msgspec.Struct, frozen=True):
    """An object to be read.

    Attributes:
        etag: of what is read.
        kind: "plain", "static", "dynamic", or "list" for the list of a static one itself.
        part: the bytes of the segment that was asked for by its number.
        parts: how many segments there are, where one was asked for.
    """

    record: ObjectRecord
    source: Source
    etag: str
    kind: str = "plain"
    part: tuple[int, int] | None = None
    parts: int = 0

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

    def __init__(self, storage: Storage, door: Door, links: Links) -> None:
        self._storage = storage
        self._door = door
        self._links = links

    async def open(self, call: Call, entry: Entry | None, account: str, record: ObjectRecord) -> Opened:
        """Open an object, or the list of its segments if the request asks for that.

        Args:
            record: with its content, if that is small.

        Raises:
            Unauthorized, Forbidden: the caller may not read the segments.
            Conflict: the first segment is not what it was.
            RangeNotSatisfiable: there is no segment of the number that is asked for.
        """
        manifest = call.request.query_params.get("multipart-manifest") == "get"
        find = self.finder(call, entry)
        if STATIC in record.metadata:
            return await (self._list(call, record) if manifest else self._static(call, entry, account, record, find))
        if dynamic.MANIFEST in record.metadata and not manifest:
            segments, etag = await dynamic.segments(self._storage, account, record)
            await self._check(call, entry, segments)
            source = SegmentSource(self._storage, segments, find)
            await _first(call, source, segments)
            return Opened(record, source, etag, "dynamic")
        return Opened(record, ObjectSource(self._storage, record), record.etag)

    def finder(self, call: Call, entry: Entry | None) -> Find:
        """What finds segments for a caller, links followed."""

        async def find(place: tuple[str, str, str]) -> ObjectRecord | None:
            record = await self._storage.object(*place, content=True)
            if record is None or LINK not in record.metadata:
                return record
            return (await self._links.follow(call, entry, place, record)).record

        return find

    async def _static(self, call: Call, entry: Entry | None, account: str, record: ObjectRecord, find: Find) -> Opened:
        etag, size = static.made_of(record)
        number = _part_number(call)
        if call.request.method == "HEAD" and not number:
            source = SegmentSource(self._storage, [], find)
            source.size = size
            return Opened(record, source, etag, "static")
        listed = await static.manifest(self._storage, record)
        part = None
        if number:
            spans = static.parts(listed)
            if number > len(spans):
                error = RangeNotSatisfiable("The requested part number is not satisfiable")
                error.headers |= {"Content-Range": f"bytes */{size}", "X-Parts-Count": str(len(spans))}
                raise error
            part = spans[number - 1]
        segments = await static.segments(self._storage, account, listed, find)
        await self._check(call, entry, segments)
        source = SegmentSource(self._storage, segments, find)
        source.size = size
        await _first(call, source, segments)
        return Opened(record, source, etag, "static", part, len(listed) if number else 0)

    async def _list(self, call: Call, record: ObjectRecord) -> Opened:
        listed = await static.manifest(self._storage, record)
        if call.request.query_params.get("format") == "raw":
            return Opened(record, Bytes(static.raw(listed)), record.etag, "raw")
        return Opened(record, Bytes(msgspec.json.encode(listed)), record.etag, "list")

    async def _check(self, call: Call, entry: Entry | None, segments: list[Segment]) -> None:
        places = {(segment.account, segment.container) for segment in segments if segment.data is None}
        for account, container in places:
            try:
                await self._door.also(call, "GET", (account, container, ""), entry)
            except NotFound:
                continue  # found broken when it is read


async def _first(call: Call, source: SegmentSource, segments: list[Segment]) -> None:
    """Look at the first segment before anything is promised."""
    if call.request.method == "HEAD" or not segments or segments[0].data is not None:
        return
    try:
        await source.checked(segments[0], segments[0].start + segments[0].length)
    except Broken:
        raise Conflict from None


def _part_number(call: Call) -> int:
    """The segment that a request asks for by its number; 0 for none.

    Raises:
        BadRequest: it is no number, or ranges are asked for as well.
    """
    text = call.request.query_params.get("part-number", "")
    if not text:
        return 0
    if not is_whole(text) or not 0 < len(text) < 6 or int(text) < 1:
        raise BadRequest("Part number must be an integer greater than 0")
    if "range" in call.request.headers:
        raise BadRequest("Range requests are not supported with part number queries")
    return int(text)
