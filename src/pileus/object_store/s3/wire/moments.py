"""Moments as S3 writes them."""

import re
from datetime import UTC, datetime, timedelta

from pileus.object_store.storage.protocol import TICKS
from pileus.object_store.wire import moments

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")


def iso(moment: int) -> str:
    """As documents have it: to the millisecond, which S3 leaves at zero."""
    return stamp(_EPOCH + timedelta(seconds=moment // TICKS))


def modified(moment: int) -> str:
    """As the header Last-Modified has it."""
    return moments.http(moment // TICKS)


def stamp(when: datetime) -> str:
    """A moment as documents have it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def of(text: str) -> datetime | None:
    """The moment in ISO 8601; None if it is none."""
    if not _ISO.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
