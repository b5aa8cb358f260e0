"""Static large objects: a list of segments, checked when it is put.

The list is stored as the object's bytes, in the form that `?multipart-manifest=get` shows; what it comes to (its ETag
and size) stands in the object's own metadata, so that HEAD need not read it.
"""

import hashlib
from typing import Any
from urllib.parse import unquote

import msgspec

from pileus.kernel.api.errors import ApiError, BadRequest, RangeNotSatisfiable, TooLarge
from pileus.object_store.large.segments import Segment
from pileus.object_store.objects.reading import STATIC
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.wire import moments, ranges

MOST_SEGMENTS = 1000
MOST_LIST = 8 << 20
DEEPEST = 10
"""Lists that may lie in one another."""


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A segment as it is put."""

    path: str
    etag: str | None = None
    size_bytes: int | None = None
    range: str | None = None


class Listed(msgspec.Struct, omit_defaults=True):
    """A segment as it is kept."""

    name: str
    bytes: int
    hash: str
    content_type: str
    last_modified: str
    range: str | None = None
    sub_slo: bool = False


def entries(body: bytes) -> list[Entry]:
    """A list as it is put.

    Raises:
        BadRequest: it is none.
        TooLarge: it is too long.
    """
    try:
        found = msgspec.json.decode(body, type=list[Entry])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"Manifest must be valid JSON.\n{error}") from None
    if not found:
        raise BadRequest("Manifest must have at least one segment.")
    if len(found) > MOST_SEGMENTS:
        raise TooLarge(f"Number of segments must be <= {MOST_SEGMENTS}")
    return found


def place(path: str) -> tuple[str, str]:
    """The container and the name of a segment.

    Raises:
        BadRequest: the path names none.
    """
    container, slash, name = path.removeprefix("/").partition("/")
    if not container or not slash or not name or "\0" in path:
        raise BadRequest(f"Invalid SLO path: {path!r}; it must be /container/object")
    return container, name


async def checked(storage: Storage, account: str, wanted: list[Entry]) -> tuple[list[Listed], str, int]:
    """A list with what its segments are, its ETag, and the size of the whole.

    Raises:
        BadRequest: segments are missing, or are not what the list says.
    """
    problems: list[str] = []
    listed: list[Listed] = []
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    for entry in wanted:
        container, name = place(unquote(entry.path))
        record = await storage.object(account, container, name)
        problem = "404 Not Found" if record is None else _mismatch(entry, record)
        if record is None or problem:
            problems.append(f"{entry.path}, {problem}")
            continue
        etag, whole = made_of(record)
        span = _span(entry, whole)
        if span is None:
            problems.append(f"{entry.path}, Unsatisfiable Range")
            continue
        text = f"{span[0]}-{span[1] - 1}" if entry.range else None
        digest.update((etag + (f":{text};" if text else "")).encode())
        size += span[1] - span[0]
        listed.append(
            Listed(
                name=f"/{container}/{name}",
                bytes=whole,
                hash=etag,
                content_type=record.content_type,
                last_modified=moments.iso(record.stamp),
                range=text,
                sub_slo=STATIC in record.metadata,
            )
        )
    if problems:
        raise BadRequest("Errors:\n" + "\n".join(problems))
    return listed, digest.hexdigest(), size


def _mismatch(entry: Entry, record: ObjectRecord) -> str:
    etag, size = made_of(record)
    if entry.etag is not None and entry.etag.strip('"').lower() != etag:
        return "Etag Mismatch"
    if entry.size_bytes is not None and entry.size_bytes != size:
        return "Size Mismatch"
    return "Too Small; each segment must be at least 1 byte." if size == 0 else ""


def _span(entry: Entry, size: int) -> tuple[int, int] | None:
    if entry.range is None:
        return 0, size
    try:
        found = ranges.spans(f"bytes={entry.range}", size)
    except RangeNotSatisfiable:
        return None
    return found[0] if found is not None and len(found) == 1 else None


def made_of(record: ObjectRecord) -> tuple[str, int]:
    """The ETag and size that an object has for those who read it."""
    mark = record.metadata.get(STATIC)
    if mark is None:
        return record.etag, record.size
    etag, _, size = mark.partition(":")
    return etag, int(size)


async def manifest(storage: Storage, record: ObjectRecord) -> list[Listed]:
    """The list that an object is made of."""
    body = b"".join([chunk async for chunk in storage.read(record, 0, record.size)])
    return msgspec.json.decode(body, type=list[Listed])


class TooDeep(ApiError):
    """409: lists lie in one another without end."""

    status = 409
    title = "Conflict"
    message = "Too many levels of static large objects."


async def segments(storage: Storage, account: str, listed: list[Listed], depth: int = 0) -> list[Segment]:
    """The segments that a list comes to, those of lists within it included.

    Raises:
        TooDeep: see there.
    """
    if depth > DEEPEST:
        raise TooDeep
    found: list[Segment] = []
    for item in listed:
        container, name = place(item.name)
        first, _, last = (item.range or f"0-{item.bytes - 1}").partition("-")
        start, length = int(first), int(last) + 1 - int(first)
        if not item.sub_slo:
            found.append(Segment(account, container, name, item.hash, start, length))
            continue
        record = await storage.object(account, container, name, content=True)
        if record is None or made_of(record)[0] != item.hash:
            found.append(Segment(account, container, name, item.hash, start, length))  # found broken when it is read
            continue
        below = await segments(storage, account, await manifest(storage, record), depth + 1)
        found += _cut(below, start, length)
    return found


def _cut(found: list[Segment], start: int, length: int) -> list[Segment]:
    """A range of several segments."""
    out = []
    for segment in found:
        skipped = min(start, segment.length)
        taken = min(segment.length - skipped, length)
        start, length = start - skipped, length - taken
        if taken:
            out.append(msgspec.structs.replace(segment, start=segment.start + skipped, length=taken))
    return out


def raw(listed: list[Listed]) -> bytes:
    """A list in the form in which it can be put again."""
    shown: list[dict[str, Any]] = []
    for item in listed:
        entry: dict[str, Any] = {"path": item.name, "etag": item.hash, "size_bytes": item.bytes}
        shown.append({**entry, "range": item.range} if item.range else entry)
    return msgspec.json.encode(shown)
