"""Moments as Swift writes them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from pileus.object_store.storage.protocol import TICKS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(moment: int) -> str:
    """As `X-Timestamp` has it: seconds with five digits behind the dot."""
    return f"{moment // TICKS:010d}.{moment % TICKS:05d}"


def whole(moment: int) -> int:
    """The second of `Last-Modified`: the next whole one, so that nothing that came before it seems to come after."""
    return -(-moment // TICKS)


def http(second: int) -> str:
    """As headers have it."""
    return format_datetime(_EPOCH + timedelta(seconds=second), usegmt=True)


def modified(moment: int) -> str:
    """As `Last-Modified` has it."""
    return http(whole(moment))


def iso(moment: int) -> str:
    """As lists have it."""
    return (_EPOCH + timedelta(microseconds=moment * (1_000_000 // TICKS))).strftime("%Y-%m-%dT%H:%M:%S.%f")


def seconds_of(header: str) -> int | None:
    """The second that a header names; None if it names none."""
    try:
        found = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
