"""Object lock: what may not be deleted or overwritten, for how long, and who may all the same.

Only versions are protected: a deletion without a version leaves a marker, which hides a locked version and keeps it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import moments, xml
from pileus.object_store.storage.locks import COMPLIANCE, GOVERNANCE, HOLD, MODE, UNTIL
from pileus.object_store.storage.protocol import TICKS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MODES = (GOVERNANCE, COMPLIANCE)
MOST_DAYS, MOST_YEARS = 36500, 100


class LockSettings(msgspec.Struct, frozen=True):
    """What a bucket with object lock does with new versions."""

    mode: str = ""
    days: int = 0
    years: int = 0

    def until(self, now: datetime) -> datetime:
        """Until when a version that comes now is locked."""
        return now + timedelta(days=self.days + 365 * self.years)


class Retention(msgspec.Struct, frozen=True):
    """How a version is locked, and until which second since 1970."""

    mode: str
    until: int

    def metadata(self) -> dict[str, str]:
        """As it is kept."""
        return {MODE: self.mode, UNTIL: str(self.until)}


def retention_of(metadata: Mapping[str, str]) -> Retention | None:
    """How a version is locked, even if that has ended."""
    return Retention(metadata[MODE], int(metadata[UNTIL])) if MODE in metadata else None


def check_change(old: Retention | None, new: Retention | None, second: int, *, bypass: bool) -> None:
    """Refuse what would weaken a lock.

    Raises:
        S3Error: it would.
    """
    if old is None or old.until <= second:
        return
    longer = new is not None and new.until >= old.until
    stays = new is not None and (new.mode == old.mode or new.mode == COMPLIANCE)
    if longer and stays:
        return
    if old.mode == COMPLIANCE or not bypass:
        raise refuse("AccessDenied", "Access Denied because object protected by object lock.")


def _until(text: str, now: int) -> int:
    found = moments.of(text)
    if found is None:
        raise argument(
            "x-amz-object-lock-retain-until-date", text, "The retain until date must be provided in ISO 8601 format"
        )
    second = int(found.timestamp())
    if second <= now // TICKS:
        raise argument("x-amz-object-lock-retain-until-date", text, "The retain until date must be in the future!")
    return second


def of_headers(headers: Mapping[str, str], settings: LockSettings | None, now: int) -> dict[str, str]:
    """The lock of a new version: as the request says, or as the bucket does by default.

    Raises:
        S3Error: the request says what cannot be, or the bucket has no object lock.
    """
    mode, until, hold = (
        headers.get(f"x-amz-object-lock-{name}", "").strip() for name in ("mode", "retain-until-date", "legal-hold")
    )
    if (mode or until or hold) and settings is None:
        raise refuse("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if bool(mode) != bool(until):
        name = "x-amz-object-lock-mode" if mode else "x-amz-object-lock-retain-until-date"
        raise argument(
            name, mode or until, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        )
    if mode and mode not in MODES:
        raise argument("x-amz-object-lock-mode", mode, "Unknown wormMode directive.")
    if hold and hold not in {"ON", "OFF"}:
        raise argument("x-amz-object-lock-legal-hold", hold, "Legal Hold must be either of 'ON' or 'OFF'")
    kept: dict[str, str] = {}
    if mode:
        kept = Retention(mode, _until(until, now)).metadata()
    elif settings is not None and settings.mode:
        kept = Retention(
            settings.mode, int(settings.until(datetime.fromtimestamp(now // TICKS, UTC)).timestamp())
        ).metadata()
    return {**kept, HOLD: hold} if hold else kept


def shown_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """The headers that show a version's lock."""
    headers = {}
    found = retention_of(metadata)
    if found is not None:
        headers["x-amz-object-lock-mode"] = found.mode
        headers["x-amz-object-lock-retain-until-date"] = moments.iso(found.until * TICKS)
    if HOLD in metadata:
        headers["x-amz-object-lock-legal-hold"] = metadata[HOLD]
    return headers


def parse(root: "Element") -> LockSettings:
    """What a bucket's document says.

    Raises:
        ValueError: it says what cannot be.
    """
    xml.only(root, ("ObjectLockEnabled", "Rule"))
    xml.one_of(root, "ObjectLockEnabled", ("Enabled",))
    rule = root.find("Rule")
    if rule is None:
        return LockSettings()
    xml.only(rule, ("DefaultRetention",))
    default = rule.find("DefaultRetention")
    if default is None:
        raise ValueError("a DefaultRetention is expected")
    xml.only(default, ("Mode", "Days", "Years"))
    mode = xml.one_of(default, "Mode", MODES)
    days, years = xml.whole(default, "Days"), xml.whole(default, "Years")
    if (days is None) == (years is None):
        raise ValueError("either days or years")
    for value, most in ((days, MOST_DAYS), (years, MOST_YEARS)):
        if value is not None and not 0 < value <= most:
            raise argument(
                "Default retention", str(value), "Default retention period must be a positive integer value."
            )
    return LockSettings(mode, days or 0, years or 0)


def shown(settings: LockSettings) -> xml.Node:
    """As documents have it."""
    rule: xml.Node = None
    if settings.mode:
        period = ("Days", settings.days) if settings.days else ("Years", settings.years)
        rule = [("DefaultRetention", [("Mode", settings.mode), period])]
    return [("ObjectLockEnabled", "Enabled"), ("Rule", rule)]


def parse_retention(root: "Element", now: int) -> Retention | None:
    """What a version's document says; None for no lock.

    Raises:
        ValueError, S3Error: it says what cannot be.
    """
    xml.only(root, ("Mode", "RetainUntilDate"))
    if not len(root):
        return None
    mode = xml.one_of(root, "Mode", MODES)
    return Retention(mode, _until(xml.text(root, "RetainUntilDate", None), now))
