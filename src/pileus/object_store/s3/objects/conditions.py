"""Conditions of requests that write, and of those that copy."""

from collections.abc import Mapping

import msgspec

from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.objects.naming import etag
from pileus.object_store.storage.protocol import TICKS, ObjectRecord
from pileus.object_store.wire.moments import seconds_of


class Writing(msgspec.Struct, frozen=True):
    """What must hold in the moment of writing."""

    absent: bool = False
    if_etag: str | None = None


def writing(headers: Mapping[str, str]) -> Writing:
    """The conditions of a request that writes.

    Raises:
        S3Error: they are of a kind that is not known.
    """
    none, match = headers.get("if-none-match"), headers.get("if-match")
    if none is not None and (match is not None or none.strip() != "*"):
        raise refuse("NotImplemented", "If-None-Match takes a star and nothing else.", Header="If-None-Match")
    if match is not None and match.strip() == "*":
        raise refuse("NotImplemented", "If-Match takes an ETag here.", Header="If-Match")
    return Writing(none is not None, None if match is None else match.strip().strip('"'))


def _names(header: str, record: ObjectRecord) -> bool:
    return any(entry.strip().strip('"') in {"*", etag(record)} for entry in header.split(","))


def copying(headers: Mapping[str, str], record: ObjectRecord) -> None:
    """Hold what is to be copied against the conditions on it.

    Raises:
        S3Error: they do not hold.
    """
    second = record.stamp // TICKS
    match, none = headers.get("x-amz-copy-source-if-match"), headers.get("x-amz-copy-source-if-none-match")
    since = seconds_of(headers.get("x-amz-copy-source-if-modified-since", ""))
    before = seconds_of(headers.get("x-amz-copy-source-if-unmodified-since", ""))
    failed = ""
    if match is not None and not _names(match, record):
        failed = "x-amz-copy-source-If-Match"
    elif match is None and before is not None and second > before:
        failed = "x-amz-copy-source-If-Unmodified-Since"
    elif none is not None and _names(none, record):
        failed = "x-amz-copy-source-If-None-Match"
    elif none is None and since is not None and second <= since:
        failed = "x-amz-copy-source-If-Modified-Since"
    if failed:
        raise refuse("PreconditionFailed", Condition=failed)
