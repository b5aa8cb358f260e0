"""Sending bytes that lie somewhere: all of them, some, or several parts; or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from pileus.kernel.api.call import Answer, Call
from pileus.object_store.wire import conditions, ranges


class Source(Protocol):
    """Bytes that can be read from anywhere.

    Attributes:
        size: how many there are.
        content: all of them, if they are few; else None.
        file: the file that holds exactly them, if there is one.
    """

    size: int
    content: bytes | None
    file: Path | None

    def read(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of them."""
        ...


def answer(
    call: Call,
    head: dict[str, str],
    source: Source,
    etag: str,
    modified: int,
    *,
    part: tuple[int, int] | None = None,
) -> Answer:
    """The answer to a GET or HEAD.

    Args:
        head: all headers but those of length and range.
        modified: the second of Last-Modified.
        part: the bytes that were asked for otherwise than by a range.

    Raises:
        PreconditionFailed, RangeNotSatisfiable: the request's conditions or ranges do not hold.
    """
    headers = call.request.headers
    if conditions.unchanged(headers, etag, modified):
        return Answer(304, head)
    found = [part] if part is not None else None
    if (
        part is None
        and call.request.method == "GET"
        and "range" in headers
        and _same(headers.get("if-range"), etag, head)
    ):
        found = ranges.spans(headers["range"], source.size)
    if found is None:
        return _whole(call, head, source)
    if len(found) == 1:
        start, end = found[0]
        head = {**head, "Content-Range": f"bytes {start}-{end - 1}/{source.size}", "Content-Length": str(end - start)}
        if call.request.method == "HEAD":
            return Answer(206, head)
        if source.content is not None:
            return Answer(206, head, source.content[start:end])
        return Answer(206, head, stream=source.read(start, end - start))
    boundary = call.world.ids.hex()
    kind = head["Content-Type"]
    head = {
        **head,
        "Content-Type": f"multipart/byteranges;boundary={boundary}",
        "Content-Length": str(ranges.parts_length(found, boundary, kind, source.size)),
    }
    return Answer(206, head, stream=ranges.parts(found, boundary, kind, source.size, source.read))


async def once(content: bytes) -> AsyncIterator[bytes]:
    """Bytes in memory as a stream."""
    yield content


def _same(condition: str | None, etag: str, head: dict[str, str]) -> bool:
    """Whether If-Range lets ranges through."""
    return condition is None or condition.strip('"') == etag or condition == head.get("Last-Modified")


def _whole(call: Call, head: dict[str, str], source: Source) -> Answer:
    head = {**head, "Content-Length": str(source.size)}
    if call.request.method == "HEAD":
        return Answer(200, head)
    if source.content is not None:
        return Answer(200, head, source.content)
    if source.file is not None:
        return Answer(200, head, file=source.file)
    return Answer(200, head, stream=source.read(0, source.size))
