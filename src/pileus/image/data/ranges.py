"""Which bytes of an image a download asks for.

Source: Glance's API reference, "Download binary image data": one `Range`, or, for clients of old, a `Content-Range` in
the request.
"""

import re
from collections.abc import Mapping

from pileus.kernel.api.errors import BadRequest, RangeNotSatisfiable

_RANGE = re.compile(r"bytes\s*=\s*(\d*)-(\d*)\s*")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def asked(headers: Mapping[str, str], size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last; None for all of them.

    Raises:
        BadRequest: there are several ranges.
        RangeNotSatisfiable: the range is none, or begins behind the data.
    """
    text = headers.get("range")
    if text is not None:
        if "," in text:
            raise BadRequest(
                "Requests with multiple ranges are not supported. You may make several with one range each."
            )
        return _range(text, size)
    text = headers.get("content-range")
    return _content_range(text, size) if text is not None else None


def _range(text: str, size: int) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None or not (match[1] or match[2]) or len(text) > 60:
        raise _refused(size)
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
    if start >= end:
        raise _refused(size)
    return start, end


def _content_range(text: str, size: int) -> tuple[int, int]:
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None or len(text) > 90 or not int(match[1]) <= int(match[2]) < size:
        raise _refused(size)
    return int(match[1]), int(match[2]) + 1


def _refused(size: int) -> RangeNotSatisfiable:
    error = RangeNotSatisfiable("Invalid Range header.")
    error.headers["Content-Range"] = f"bytes */{size}"
    return error
