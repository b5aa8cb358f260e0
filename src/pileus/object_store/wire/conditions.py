"""Conditional requests (RFC 9110, section 13)."""

from collections.abc import Mapping

from pileus.kernel.api.errors import PreconditionFailed
from pileus.object_store.wire import moments


def _names(header: str, etag: str) -> bool:
    entries = (entry.strip() for entry in header.split(","))
    return any(entry in {"*", etag, f'"{etag}"'} or entry.removeprefix("W/").strip('"') == etag for entry in entries)


def unchanged(headers: Mapping[str, str], etag: str, modified: int, *, copied: bool = False) -> bool:
    """Whether the client has what it asks for already (304).

    Args:
        modified: the second of Last-Modified.
        copied: whether it is to be copied: `If-None-Match: *` is about the copy then.

    Raises:
        PreconditionFailed: what the client relies on does not hold.
    """
    match = headers.get("if-match")
    if match is not None and not _names(match, etag):
        raise PreconditionFailed
    before = moments.seconds_of(headers.get("if-unmodified-since", ""))
    if match is None and before is not None and modified > before:
        raise PreconditionFailed
    none = headers.get("if-none-match")
    if none is not None and not (copied and none.strip() == "*"):
        return _names(none, etag)
    since = moments.seconds_of(headers.get("if-modified-since", ""))
    return since is not None and modified <= since
