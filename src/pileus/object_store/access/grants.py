"""Grants on a whole account: `X-Account-Access-Control: {"admin": […], "read-write": […], "read-only": […]}`.

Who is named is a user (its id, or `account:user` in tempauth), a project, or `project:user`.
"""

from collections.abc import Collection

import msgspec

from pileus.kernel.api.errors import BadRequest

RIGHTS = ("admin", "read-write", "read-only")
STORED = "sysmeta-access-control"


class Grants:
    """An account's grants, read."""

    def __init__(self, granted: dict[str, frozenset[str]]) -> None:
        self._granted = granted

    @classmethod
    def read(cls, text: str) -> "Grants":
        """Stored grants."""
        granted: dict[str, list[str]] = msgspec.json.decode(text)
        return cls({right: frozenset(names) for right, names in granted.items()})

    def right(self, names: Collection[str]) -> str:
        """The most that somebody of these names was granted; empty for nothing."""
        return next((right for right in RIGHTS if not self._granted.get(right, frozenset()).isdisjoint(names)), "")


def clean(text: str) -> str:
    """Grants as they are stored; empty where they grant nothing.

    Raises:
        BadRequest: they are none.
    """
    try:
        granted = msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        granted = None
    if not isinstance(granted, dict):
        raise _wrong(f"Syntax error in input ({text!r})", text)
    for right, names in granted.items():
        shown = msgspec.json.encode(right).decode()
        if right not in RIGHTS:
            raise _wrong(f"Key {shown} not recognized", text)
        if not isinstance(names, list):
            raise _wrong(f"Value for key {shown} must be a list", text)
        if not all(isinstance(name, str) for name in names):
            raise _wrong(f"Elements of {shown} list must be strings", text)
    kept = {right: names for right, names in granted.items() if names}
    return msgspec.json.encode(kept).decode() if kept else ""


def _wrong(reason: str, text: str) -> BadRequest:
    return BadRequest(f"X-Account-Access-Control invalid: {reason}\n\nInput: {text}\n")
