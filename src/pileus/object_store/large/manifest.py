"""The list of a static large object as a client puts it: JSON, checked before anything is looked at."""

import base64
import binascii
from typing import Any

import msgspec

from pileus.kernel.api.errors import BadRequest, RangeNotSatisfiable, TooLarge
from pileus.object_store.wire import ranges

MOST_SEGMENTS = 1000
MOST_LIST = 8 << 20
_OF_PATHS = ("path", "etag", "size_bytes", "range")
TOO_SMALL = "too small; each segment must be at least 1 byte."


class Entry(msgspec.Struct):
    """A segment as it is put: bytes that stand in the list, or (part of) an object."""

    path: str = ""
    etag: str | None = None
    size_bytes: int | None = None
    range: str | None = None
    data: bytes = b""


def entries(body: bytes, itself: str) -> list[Entry]:
    """A list as it is put.

    Args:
        itself: the path (`/container/object`) of the object that it is to be.

    Raises:
        BadRequest: it is none.
        TooLarge: it is too long.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("Manifest must be valid JSON.\n") from None
    if not isinstance(found, list):
        raise BadRequest("Manifest must be a list.\n")
    problems: list[str] = []
    read: list[Entry] = []
    for index, item in enumerate(found):
        try:
            read.append(_entry(item, itself, last=index == len(found) - 1))
        except _Wrong as wrong:
            problems.append(f"Index {index}: {wrong}\n")
    if found and all(isinstance(item, dict) and "data" in item for item in found):
        problems.append("Inline data segments require at least one object-backed segment.\n")
    if problems:
        raise BadRequest("".join(problems))
    if sum(bool(entry.path) for entry in read) > MOST_SEGMENTS:
        raise TooLarge(f"Number of object-backed segments must be <= {MOST_SEGMENTS}")
    return read


class _Wrong(Exception):
    """What is wrong with an entry."""


def _entry(item: Any, itself: str, *, last: bool) -> Entry:
    if not isinstance(item, dict):
        raise _Wrong("not a JSON object")
    kind = next((key for key in ("path", "data") if key in item), None)
    if kind is None:
        raise _Wrong("expected keys to include one of 'path' or 'data'")
    allowed = _OF_PATHS if kind == "path" else ("data",)
    others = sorted(str(key) for key in item if key not in allowed)
    if others:
        raise _Wrong("extraneous keys " + ", ".join(f'"{key}"' for key in others))
    return _of_path(item, itself, last=last) if kind == "path" else Entry(data=_data(item["data"]))


def _data(text: Any) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _Wrong("data must be valid base64") from None
    if not data:
        raise _Wrong(TOO_SMALL)
    return data


def _of_path(item: dict[str, Any], itself: str, *, last: bool) -> Entry:
    path, etag, size, part = (item.get(key) for key in _OF_PATHS)
    if not isinstance(path, str):
        raise _Wrong('"path" must be a string')
    if etag is not None and not isinstance(etag, str):
        raise _Wrong('"etag" must be a string or null (if provided)')
    if "/" not in path.strip("/") or "\0" in path:
        raise _Wrong("path does not refer to an object. Path must be of the form /container/object.")
    if size is not None:
        try:
            size = int(size)
        except (TypeError, ValueError, OverflowError):
            raise _Wrong("invalid size_bytes") from None
        if size < 1 and not last:
            raise _Wrong(TOO_SMALL)
    if "/" + path.lstrip("/") == itself:
        raise _Wrong("manifest must not include itself as a segment")
    if part:
        _check_range(part, size)
    return Entry(path, etag.strip('"').lower() if etag else None, size, part or None)


def _check_range(part: Any, size: int | None) -> None:
    try:
        found = ranges.spans(f"bytes={part}", size if size is not None else 1 << 62) if isinstance(part, str) else None
    except RangeNotSatisfiable:
        raise _Wrong("unsatisfiable range") from None
    if found is None:
        raise _Wrong("invalid range")
    if len(found) > 1 or "," in part:
        raise _Wrong("multiple ranges (only one allowed)")
