"""Metadata in headers: limits, and the changes that a request asks for.

Source: Swift's constraints; the figures are in `/info`.
"""

from collections.abc import Mapping
from typing import Any

from pileus.kernel.api.errors import BadRequest
from pileus.object_store.storage.protocol import Metadata

MOST_NAME = 128
MOST_VALUE = 256
MOST_ENTRIES = 90
MOST_OVERALL = 4096
QUOTED_ETAGS = "sysmeta-rfc-compliant-etags"
READ_ONLY = "sysmeta-read-only"
WRITE_RATE = "sysmeta-global-write-ratelimit"
KEYS = ("temp-url-key", "temp-url-key-2")
"""Metadata that hold keys for signed addresses; guests do not see them."""
_TRUE = frozenset({"true", "1", "yes", "on", "t", "y"})


def truth(text: str) -> bool:
    """Whether a header says yes."""
    return text.strip().lower() in _TRUE


def check(entries: Mapping[str, str]) -> None:
    """Refuse metadata that are too many or too long; names come without their prefix.

    Raises:
        BadRequest: they are.
    """
    overall = 0
    for name, value in entries.items():
        length, size = len(name.encode()), len(value.encode())
        if not name:
            raise BadRequest("Metadata name cannot be empty")
        if length > MOST_NAME:
            raise BadRequest(f"Metadata name too long: {name}")
        if size > MOST_VALUE:
            raise BadRequest(f"Metadata value longer than {MOST_VALUE}: {name}")
        if "\0" in name or "\0" in value:
            raise BadRequest("Metadata must not contain NULL")
        overall += length + size
    if len(entries) > MOST_ENTRIES:
        raise BadRequest(f"Too many metadata items; max {MOST_ENTRIES}")
    if overall > MOST_OVERALL:
        raise BadRequest(f"Total metadata too large; max {MOST_OVERALL}")


def below(metadata: Metadata, prefix: str) -> dict[str, str]:
    """The entries whose name starts with a prefix, without it."""
    return {name[len(prefix) :]: value for name, value in metadata.items() if name.startswith(prefix)}


def changes(kind: str, given: Mapping[str, Any]) -> dict[str, str | None]:
    """What a request's headers change: an empty value, or `X-Remove-…`, takes an entry away.

    Args:
        kind: "account" or "container".

    Raises:
        BadRequest: the metadata are too many or too long.
    """
    prefix = f"x-{kind}-meta-"
    entries: dict[str, str] = given.get("meta", {})
    check(entries)
    change: dict[str, str | None] = {prefix + name: value or None for name, value in entries.items()}
    for name in given.get("remove", {}):
        change.setdefault(prefix + name, None)
    return change


def check_change(kind: str, old: Metadata, change: Mapping[str, str | None]) -> None:
    """Refuse a change after which there would be too much.

    Raises:
        BadRequest: there would.
    """
    if any(value is not None for value in change.values()):
        after = {name: value for name, value in {**old, **change}.items() if value is not None}
        check(below(after, f"x-{kind}-meta-"))


def choice(given: Mapping[str, Any], name: str, stored: str) -> dict[str, str | None]:
    """What a request's headers change of a choice: an empty value, or `X-Remove-…`, takes it back."""
    if given.get(f"remove_{name}") or given.get(name) == "":
        return {stored: None}
    return {stored: str(truth(given[name]))} if name in given else {}
