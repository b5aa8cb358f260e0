"""A JSON body: read, and refused where what reads it later would fall over it."""

import re
from typing import Any

import msgspec

from pileus.kernel.api.errors import BadRequest

_decode = msgspec.json.Decoder().decode
_BRACKETS = re.compile(rb"[\[\]{}]")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
MOST_DEPTH = 100


class Unread:
    """A body that has come and is not looked at yet."""

    def __init__(self, data: bytes) -> None:
        self.data = data


def decoded(data: bytes) -> Any:
    """What JSON says.

    Raises:
        BadRequest: it is none, is nested too deeply, or has the character U+0000 in it.
    """
    if too_deep(data):
        raise BadRequest("Malformed request body: it is nested too deeply")
    try:
        body = _decode(data)
        if b"\\u0000" in data and _has_nul(body):
            raise BadRequest("Malformed request body: the character U+0000 is no part of text")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("Malformed request body: it is not valid JSON") from error
    return body


def too_deep(data: bytes) -> bool:
    """Whether JSON is nested deeper than validators and encoders can follow; brackets within strings do not count."""
    if data.count(b"[") + data.count(b"{") <= MOST_DEPTH:
        return False
    depth = 0
    for byte in _BRACKETS.findall(_STRINGS.sub(b"", data)):
        depth += 1 if byte in b"[{" else -1
        if depth > MOST_DEPTH:
            return True
    return False


def _has_nul(body: Any) -> bool:
    """Whether a text or a name in a document has the character U+0000, which PostgreSQL's text cannot hold."""
    if isinstance(body, str):
        return "\0" in body
    if isinstance(body, dict):
        return any("\0" in key or _has_nul(value) for key, value in body.items())
    return isinstance(body, list) and any(_has_nul(value) for value in body)
