"""Static large objects: a list of segments, checked when it is put.

The list is stored as the object's bytes, in the form that `?multipart-manifest=get` shows; what it comes to (its ETag
and size) stands in the object's own metadata, so that HEAD need not read it.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import msgspec

from pileus.kernel.api.errors import ApiError, RangeNotSatisfiable
from pileus.object_store.large.manifest import Entry
from pileus.object_store.large.segments import Find, Segment
from pileus.object_store.objects.marks import STATIC
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.wire import moments, ranges

DEEPEST = 10
"""Lists that may lie in one another."""
Look = Callable[[tuple[str, str, str]], Awaitable[ObjectRecord]]
"""Finds an object for a caller; raises an `ApiError` if it may not, or there is none."""


class Listed(msgspec.Struct, omit_defaults=True):
    """A segment as it is kept."""

    name: str = ""
    bytes: int = 0
    hash: str = ""
    content_type: str = ""
    last_modified: str = ""
    range: str | None = None
    sub_slo: bool = False
    data: str | None = None
    """The bytes themselves, in base64, where they stand in the list."""

    @property
    def place(self) -> tuple[str, str]:
        """Container and name."""
        container, _, name = self.name.removeprefix("/").partition("/")
        return container, name


class Checked(msgspec.Struct):
    """A list, checked: what its segments are, its ETag, the size of the whole, and what is wrong, as (path, why)."""

    listed: list[Listed]
    etag: str
    size: int
    problems: list[tuple[str, str]]


async def checked(account: str, wanted: list[Entry], look: Look) -> Checked:
    """Look at what a list names."""
    out = Checked([], "", 0, [])
    digest = hashlib.md5(usedforsecurity=False)
    for index, entry in enumerate(wanted):
        if not entry.path:
            out.listed.append(Listed(data=base64.b64encode(entry.data).decode()))
            digest.update(hashlib.md5(entry.data, usedforsecurity=False).hexdigest().encode())
            out.size += len(entry.data)
            continue
        container, _, name = entry.path.lstrip("/").partition("/")
        try:
            record = await look((account, container, name))
        except ApiError as error:
            out.problems.append((quote(entry.path), f"{error.status} {error.title}"))
            continue
        item, length, wrong = _item(entry, record, last=index == len(wanted) - 1)
        out.problems += [(quote(entry.path), why) for why in wrong]
        digest.update((item.hash + (f":{item.range};" if item.range else "")).encode())
        out.size += length
        out.listed.append(item)
    out.etag = digest.hexdigest()
    return out


def _item(entry: Entry, record: ObjectRecord, *, last: bool) -> tuple[Listed, int, list[str]]:
    """A segment as it is kept, how many bytes of it are taken, and what is wrong with it."""
    etag, size = made_of(record)
    wrong: list[str] = []
    span: tuple[int, int] | None = (0, size)
    if entry.range is not None:
        span = _span(entry.range, size)
    if span is None:
        wrong.append("Unsatisfiable Range")
        span = (0, 0)
    elif span[0] == span[1] and not last:
        wrong.append("Too small; each segment must be at least 1 byte.")
    if entry.size_bytes is not None and entry.size_bytes != size:
        wrong.append("Size Mismatch")
    if entry.etag is not None and entry.etag != etag:
        wrong.append("Etag Mismatch")
    part = f"{span[0]}-{span[1] - 1}" if entry.range is not None and span != (0, size) else None
    item = Listed(
        name="/" + entry.path.lstrip("/"),
        bytes=size,
        hash=etag,
        content_type=record.content_type,
        last_modified=moments.iso(record.stamp),
        range=part,
        sub_slo=STATIC in record.metadata,
    )
    return item, span[1] - span[0], wrong


def _span(text: str, size: int) -> tuple[int, int] | None:
    try:
        found = ranges.spans(f"bytes={text}", size)
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


async def segments(storage: Storage, account: str, listed: list[Listed], find: Find, depth: int = 0) -> list[Segment]:
    """The segments that a list comes to, those of lists within it included.

    Raises:
        TooDeep: see there.
    """
    if depth > DEEPEST:
        raise TooDeep
    found: list[Segment] = []
    for item in listed:
        if item.data is not None:
            data = base64.b64decode(item.data)
            found.append(Segment(account, "", "", "", 0, len(data), data))
            continue
        container, name = item.place
        first, _, last = (item.range or f"0-{item.bytes - 1}").partition("-")
        start, length = int(first), int(last) + 1 - int(first)
        whole = Segment(account, container, name, item.hash, start, length)
        record = await find((account, container, name)) if item.sub_slo else None
        if record is None or made_of(record)[0] != item.hash:
            found.append(whole)  # if it is no more what it was, it is found broken when it is read
            continue
        found += _cut(await segments(storage, account, await manifest(storage, record), find, depth + 1), start, length)
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


def parts(listed: list[Listed]) -> list[tuple[int, int]]:
    """The first byte and the one behind the last of each entry, in the whole."""
    out, at = [], 0
    for item in listed:
        if item.data is not None:
            length = len(base64.b64decode(item.data))
        elif item.range:
            first, _, last = item.range.partition("-")
            length = int(last) + 1 - int(first)
        else:
            length = item.bytes
        out.append((at, at + length))
        at += length
    return out


def raw(listed: list[Listed]) -> bytes:
    """A list in the form in which it can be put again."""
    shown: list[dict[str, Any]] = []
    for item in listed:
        if item.data is not None:
            shown.append({"data": item.data})
            continue
        entry: dict[str, Any] = {"path": item.name, "etag": item.hash, "size_bytes": item.bytes}
        shown.append({**entry, "range": item.range} if item.range else entry)
    return msgspec.json.encode(shown)
