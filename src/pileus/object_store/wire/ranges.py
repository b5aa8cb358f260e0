"""Ranges of bytes (RFC 9110, section 14): which are asked for, and the answer of several parts."""

import itertools
import re
from collections.abc import AsyncIterator, Callable

from pileus.kernel.api.errors import RangeNotSatisfiable

MOST_RANGES = 50
MOST_BACKWARDS = 8
"""Ranges that may start before the one ahead of them."""
MOST_OVERLAPS = 2
_SPEC = re.compile(r"\s*(\d*)\s*-\s*(\d*)\s*")

Span = tuple[int, int]
"""The first byte and the one behind the last."""
Read = Callable[[int, int], AsyncIterator[bytes]]
"""Reads from a byte on, so many."""


def spans(header: str, size: int) -> list[Span] | None:
    """What a Range header asks for of so many bytes; None where it means nothing and everything is sent.

    Raises:
        RangeNotSatisfiable: nothing of it is there, or answering would be an attack on ourselves.
    """
    unit, equals, text = header.partition("=")
    if unit.strip() != "bytes" or not equals:
        return None
    found: list[Span] = []
    specs = text.split(",")
    for spec in specs:
        match = _SPEC.fullmatch(spec)
        if match is None or not (match[1] or match[2]) or len(spec) > 48:
            return None
        if not match[1]:
            start, end = max(0, size - int(match[2])), size
        else:
            start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
            if match[2] and int(match[2]) < start:
                return None
        if start < end:
            found.append((start, end))
    if not found or len(specs) > MOST_RANGES or _wasteful(found):
        error = RangeNotSatisfiable()
        error.headers["Content-Range"] = f"bytes */{size}"
        raise error
    return found


def _wasteful(found: list[Span]) -> bool:
    backwards = sum(later[0] < earlier[0] for earlier, later in itertools.pairwise(found))
    ordered = sorted(found)
    overlaps = sum(later[0] < earlier[1] for earlier, later in itertools.pairwise(ordered))
    return backwards > MOST_BACKWARDS or overlaps > MOST_OVERLAPS


def _part_head(boundary: str, content_type: str, span: Span, size: int) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {span[0]}-{span[1] - 1}/{size}\r\n\r\n"
    ).encode()


def parts_length(found: list[Span], boundary: str, content_type: str, size: int) -> int:
    """How long the answer of several parts is."""
    heads = sum(len(_part_head(boundary, content_type, span, size)) + 2 for span in found)
    return heads + sum(end - start for start, end in found) + len(boundary) + 4


async def parts(found: list[Span], boundary: str, content_type: str, size: int, read: Read) -> AsyncIterator[bytes]:
    """The answer of several parts."""
    for start, end in found:
        yield _part_head(boundary, content_type, (start, end), size)
        async for chunk in read(start, end - start):
            yield chunk
        yield b"\r\n"
    yield f"--{boundary}--".encode()
