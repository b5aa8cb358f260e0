"""GET and HEAD of objects."""

import re
from collections.abc import AsyncIterator

import msgspec

from pileus.kernel.api.call import Answer
from pileus.kernel.api.errors import ApiError
from pileus.object_store.large import static
from pileus.object_store.large.segments import SegmentSource
from pileus.object_store.objects.marks import STATIC
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.configuration import encryption, locking
from pileus.object_store.s3.configuration.tags import tags_of
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.lifecycle import rules as lifecycle
from pileus.object_store.s3.multipart.layout import Piece, pieces_of
from pileus.object_store.s3.objects.finding import Finder, damaged, version_header
from pileus.object_store.s3.objects.naming import CLASS, KEPT, META, REDIRECT, USER, etag, etag_of, size_of
from pileus.object_store.s3.visit import Visit
from pileus.object_store.s3.wire import moments
from pileus.object_store.storage.protocol import TICKS, Damaged, ObjectRecord, Place, Storage, WrongKey
from pileus.object_store.wire import conditions

_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII)
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}
Span = tuple[int, int]
"""The first byte and the one behind the last."""


class Reading:
    """Sends objects."""

    def __init__(self, storage: Storage, finder: Finder) -> None:
        self._storage = storage
        self._finder = finder

    async def get(self, visit: Visit) -> Answer:
        """Send an object."""
        return await self._send(visit, head=False)

    async def head(self, visit: Visit) -> Answer:
        """Send an object's headers."""
        return await self._send(visit, head=True)

    async def _send(self, visit: Visit, *, head: bool) -> Answer:
        bucket = visit.bucket
        record = await self._finder.get(visit, bucket, visit.key, visit.version, content=not head)
        key = encryption.opening(visit.headers, record.metadata)
        shown = headers_of(bucket, record)
        self._more(visit, record, shown)
        if conditions.unchanged(visit.headers, etag(record), record.stamp // TICKS):
            return Answer(304, shown)
        size = size_of(record)
        span, status = self._span(visit, record, shown)
        if span is None:
            span = (0, size)
        shown["Content-Length"] = str(span[1] - span[0])
        if status == 206:
            shown["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}" if size else "bytes */0"
        if head:
            return Answer(status, shown)
        return await self.answer(record, status, shown, span, key.raw if key else None)

    async def answer(
        self, record: ObjectRecord, status: int, headers: dict[str, str], span: Span, key: bytes | None = None
    ) -> Answer:
        """Some of an object's bytes; a whole file by the system itself."""
        start, end = span
        if record.content is not None and STATIC not in record.metadata:
            return Answer(status, headers, record.content[start:end])
        if STATIC not in record.metadata and end - start == record.size and key is None:
            file = self._storage.file(record)
            if file is not None:
                return Answer(status, headers, file=file)
        return Answer(status, headers, stream=await self.stream(record, start, end - start, key))

    async def stream(self, record: ObjectRecord, start: int, length: int, key: bytes | None) -> AsyncIterator[bytes]:
        """Some of an object's bytes; of a static large object those of its segments."""
        if STATIC in record.metadata:
            try:
                listed = await static.manifest(self._storage, record)
                segments = await static.segments(self._storage, record.account, listed, self._segment)
            except (ApiError, static.TooDeep) as error:
                raise refuse("InvalidRequest", str(error)) from None
            return SegmentSource(self._storage, segments, self._segment).read(start, length)
        stream = self._storage.read(record, start, length, key)
        if not length:
            return stream
        try:
            first = await anext(stream)  # what is damaged or locked shows before anything is sent
        except StopAsyncIteration:
            return stream
        except Damaged:
            raise damaged() from None
        except WrongKey:
            raise refuse("AccessDenied") from None
        return _again(first, stream)

    async def _segment(self, place: Place) -> ObjectRecord | None:
        """A segment of a static large object."""
        return await self._storage.object(*place, content=True)

    def _more(self, visit: Visit, record: ObjectRecord, shown: dict[str, str]) -> None:
        """What only the asking of this request shows."""
        if visit.header("x-amz-checksum-mode").upper() == "ENABLED" and "range" not in visit.headers:
            checksum = digests.kept(record.metadata)
            shown |= checksum.headers() if checksum and "partNumber" not in visit.asked.query else {}
        rules = visit.bucket.document("lifecycle", list[lifecycle.Rule])
        if rules and record.latest:
            shown |= lifecycle.expiration_header(rules, record)
        overrides = {
            header: visit.asked.query[name] for name, header in _OVERRIDES.items() if name in visit.asked.query
        }
        if overrides and not visit.who.user_id:
            raise refuse(
                "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests."
            )
        for header, value in overrides.items():
            if any(ord(letter) < 32 for letter in value):
                raise argument(header, value, "Header value cannot be represented using ISO-8859-1")
            shown[header] = value

    def _span(self, visit: Visit, record: ObjectRecord, shown: dict[str, str]) -> tuple[Span | None, int]:
        """Which bytes are asked for (None for all), and with which status they come."""
        number = visit.asked.query.get("partNumber")
        header = visit.headers.get("range")
        size = size_of(record)
        if number is not None:
            if header is not None:
                raise refuse("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
            return self._part(visit, record, shown), 206
        if header is None or not self._in_range_of(visit, record):
            return None, 200
        found = _RANGE.fullmatch(header.strip())
        if found is None or not (found[1] or found[2]) or len(header) > 64:
            return None, 200
        start = int(found[1]) if found[1] else max(0, size - int(found[2]))
        end = min(size, int(found[2]) + 1) if found[1] and found[2] else size
        if found[1] and found[2] and int(found[2]) < start:
            return None, 200
        if start >= end:
            error = refuse("InvalidRange", RangeRequested=header, ActualObjectSize=str(size))
            error.headers["Content-Range"] = f"bytes */{size}"
            raise error
        return (start, end), 206

    def _in_range_of(self, visit: Visit, record: ObjectRecord) -> bool:
        condition = visit.headers.get("if-range")
        if condition is None:
            return True
        return condition.strip('"') == etag(record) or condition == moments.modified(record.stamp)

    def _part(self, visit: Visit, record: ObjectRecord, shown: dict[str, str]) -> Span:
        number = visit.number("partNumber", 1, 10_000, 1)
        pieces = pieces_of(record.metadata) or [Piece(1, record.size)]
        if len(pieces) > 1 or pieces_of(record.metadata):
            shown["x-amz-mp-parts-count"] = str(len(pieces))
        if not number <= len(pieces):
            raise refuse("InvalidPartNumber", PartNumberRequested=str(number), ActualPartCount=str(len(pieces)))
        start = sum(piece.size for piece in pieces[: number - 1])
        checksum, piece = digests.kept(record.metadata), pieces[number - 1]
        if checksum and piece.checksum and visit.header("x-amz-checksum-mode").upper() == "ENABLED":
            shown |= msgspec.structs.replace(checksum, value=piece.checksum).headers()
        return start, start + piece.size


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def headers_of(bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    """What is told of an object."""
    kept = record.metadata
    shown = {
        "ETag": etag_of(record),
        "Last-Modified": moments.modified(record.stamp),
        "Accept-Ranges": "bytes",
        "Content-Type": record.content_type,
        **version_header(bucket, record),
    }
    shown |= {USER + name[len(META) :]: value for name, value in kept.items() if name.startswith(META)}
    shown |= {"-".join(part.capitalize() for part in name.split("-")): kept[name] for name in KEPT if name in kept}
    if CLASS in kept:
        shown["x-amz-storage-class"] = kept[CLASS]
    if REDIRECT in kept:
        shown["x-amz-website-redirect-location"] = kept[REDIRECT]
    tags = tags_of(kept)
    if tags:
        shown["x-amz-tagging-count"] = str(len(tags))
    return shown | locking.shown_headers(kept) | encryption.shown_headers(kept)


__all__ = ["Reading", "Span", "headers_of"]
