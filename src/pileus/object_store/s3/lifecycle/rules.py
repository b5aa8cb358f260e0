"""Rules by which things go from a bucket, and the pure decision what goes when.

Source: Amazon S3 user guide, "Lifecycle configuration elements".
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from pileus.object_store.s3.configuration.tags import raw, tags_of
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import moments, xml
from pileus.object_store.storage.protocol import TICKS, ObjectRecord, UploadRecord

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_RULES = 1000
DAY = 24 * 3600


class Rule(msgspec.Struct, frozen=True):
    """One rule.

    Attributes:
        days, date: when an object goes: so many days after it came, or at that second since 1970.
        markers: whether a marker goes that hides nothing any more.
        noncurrent_days: how many days after it was followed by another a version goes.
        newer_versions: how many older versions stay whatever their age.
        abort_days: when an upload of parts goes that nobody ended.
        plain: whether the prefix stood in the rule itself, as it did once.
    """

    id: str
    enabled: bool
    prefix: str = ""
    tags: dict[str, str] = {}
    larger: int | None = None
    smaller: int | None = None
    days: int | None = None
    date: int | None = None
    markers: bool = False
    noncurrent_days: int | None = None
    newer_versions: int | None = None
    abort_days: int | None = None
    plain: bool = False

    def covers(self, record: ObjectRecord) -> bool:
        """Whether it is about an object."""
        if not record.name.startswith(self.prefix):
            return False
        if record.marker:
            return not self.tags and self.larger is None and self.smaller is None
        if self.larger is not None and record.size <= self.larger:
            return False
        if self.smaller is not None and record.size >= self.smaller:
            return False
        return self.tags.items() <= tags_of(record.metadata).items() if self.tags else True


class Removal(msgspec.Struct, frozen=True):
    """Something that is to go: for good if it names a version, else as a deletion goes."""

    record: ObjectRecord
    version: str | None = None


def midnight(moment: int, days: int) -> int:
    """The second at which something that happened at a moment is so many days old: days end at midnight, UTC."""
    second = moment // TICKS + days * DAY
    return -(-second // DAY) * DAY


def end_of(rules: Sequence[Rule], record: ObjectRecord) -> tuple[int, str] | None:
    """The second at which an object goes, and the rule that says so; None if it stays."""
    ends = []
    for rule in rules:
        if rule.enabled and rule.covers(record) and not record.marker:
            if rule.days is not None:
                ends.append((midnight(record.stamp, rule.days), rule.id))
            elif rule.date is not None:
                ends.append((rule.date, rule.id))
    return min(ends) if ends else None


def due(rules: Sequence[Rule], versions: Sequence[ObjectRecord], second: int, *, versioned: bool) -> Iterator[Removal]:
    """What goes of the versions of one name.

    Args:
        versions: all of them, the newest first.
    """
    rules = [rule for rule in rules if rule.enabled]
    newest, gone = versions[0], 0
    followed = newest.stamp
    for rank, record in enumerate(versions[1:]):
        if any(_old(rule, record, rank, followed, second) for rule in rules):
            gone += 1
            yield Removal(record, record.version)
        followed = record.stamp
    if newest.marker:
        alone = gone == len(versions) - 1
        if alone and any(_useless(rule, newest, second) for rule in rules):
            yield Removal(newest, newest.version)
        return
    end = end_of(rules, newest)
    if end is not None and end[0] <= second:
        yield Removal(newest, None if versioned else newest.version)


def _old(rule: Rule, record: ObjectRecord, rank: int, followed: int, second: int) -> bool:
    """Whether an older version goes: others came between it and the newest, the next one at the moment `followed`."""
    if rule.noncurrent_days is None or not rule.covers(record) or rank < (rule.newer_versions or 0):
        return False
    return midnight(followed, rule.noncurrent_days) <= second


def _useless(rule: Rule, marker: ObjectRecord, second: int) -> bool:
    if not rule.covers(marker):
        return False
    return rule.markers or (rule.days is not None and midnight(marker.stamp, rule.days) <= second)


def abandoned(rules: Sequence[Rule], upload: UploadRecord, second: int) -> bool:
    """Whether an upload of parts goes."""
    return any(
        rule.enabled
        and rule.abort_days is not None
        and upload.name.startswith(rule.prefix)
        and midnight(upload.created, rule.abort_days) <= second
        for rule in rules
    )


def parse(root: "Element") -> list[Rule]:
    """The rules of a document.

    Raises:
        ValueError, S3Error: they cannot be.
    """
    xml.only(root, ("Rule",))
    if not 0 < len(root) <= MOST_RULES:
        raise ValueError("too few or too many rules")
    rules = [_rule(item, number) for number, item in enumerate(root)]
    if len({rule.id for rule in rules}) != len(rules):
        raise argument("ID", "", "Rule ID must be unique. Found same ID for more than one rule")
    return rules


def _rule(item: "Element", number: int) -> Rule:
    for moved in ("Transition", "NoncurrentVersionTransition"):
        if item.find(moved) is not None:
            raise refuse("NotImplemented", "There is one storage class, so nothing moves between several.")
    known = ("Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    xml.only(item, ("ID", "Prefix", "Filter", "Status", *known))
    if not any(item.find(name) is not None for name in known):
        raise refuse("InvalidRequest", "At least one action needs to be specified in a rule")
    name = xml.text(item, "ID")
    if len(name) > 255:
        raise argument("ID", name, "ID length should not exceed allowed limit of 255")
    given = {**_filter(item), **_expiration(item.find("Expiration"))}
    noncurrent = item.find("NoncurrentVersionExpiration")
    if noncurrent is not None:
        xml.only(noncurrent, ("NoncurrentDays", "NewerNoncurrentVersions"))
        given["noncurrent_days"] = xml.whole(noncurrent, "NoncurrentDays", 1)
        given["newer_versions"] = xml.whole(noncurrent, "NewerNoncurrentVersions", 1)
        if given["noncurrent_days"] is None:
            raise ValueError("NoncurrentDays are expected")
    abort = item.find("AbortIncompleteMultipartUpload")
    if abort is not None:
        given["abort_days"] = xml.whole(abort, "DaysAfterInitiation", 1)
        if given["abort_days"] is None or given.get("tags") or {"larger", "smaller"} & set(given):
            raise refuse("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags or sizes.")
    if given.get("markers") and given.get("tags"):
        raise refuse("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
    enabled = xml.one_of(item, "Status", ("Enabled", "Disabled")) == "Enabled"
    return msgspec.convert({"id": name or f"rule-{number + 1}", "enabled": enabled, **given}, Rule)


def _filter(item: "Element") -> dict[str, object]:
    found = item.find("Filter")
    if found is None:
        return {"prefix": raw(item, "Prefix"), "plain": True}
    if item.find("Prefix") is not None:
        raise ValueError("either a filter or a prefix")
    names = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    xml.only(found, (*names, "And"))
    if len(found) > 1:
        raise ValueError("several conditions need an And")
    both = found.find("And")
    where = found if both is None else both
    xml.only(where, names)
    given: dict[str, object] = {"prefix": where.findtext("Prefix") or ""}
    tags = {raw(tag, "Key"): raw(tag, "Value") for tag in where.findall("Tag")}
    if len(tags) != len(where.findall("Tag")):
        raise refuse("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    if tags:
        given["tags"] = tags
    for name, key in (("ObjectSizeGreaterThan", "larger"), ("ObjectSizeLessThan", "smaller")):
        size = xml.whole(where, name)
        if size is not None:
            given[key] = size
    return given


def _expiration(item: "Element | None") -> dict[str, object]:
    if item is None:
        return {}
    xml.only(item, ("Days", "Date", "ExpiredObjectDeleteMarker"))
    if len(item) != 1:
        raise ValueError("one of days, date and marker")
    if item[0].tag == "Days":
        days = xml.text(item, "Days")
        if not days.isascii() or not days.isdecimal() or not 0 < int(days[:12]) < 1 << 31:
            raise argument("Days", days, "'Days' for Expiration action must be a positive integer")
        return {"days": int(days)}
    if item[0].tag == "Date":
        found = moments.of(xml.text(item, "Date"))
        if found is None:
            raise ValueError("no date")
        if found.astimezone(UTC).time() != datetime.min.time():
            raise argument("Date", moments.stamp(found), "'Date' must be at midnight GMT")
        return {"date": int(found.timestamp())}
    return {"markers": xml.one_of(item, "ExpiredObjectDeleteMarker", ("true", "false")) == "true"}


def shown(rules: list[Rule]) -> xml.Node:
    """As documents have them."""
    return [("Rule", _element(rule)) for rule in rules]


def _element(rule: Rule) -> xml.Node:
    out: list[tuple[str, xml.Node]] = [("ID", rule.id)]
    out.append(("Prefix", rule.prefix) if rule.plain else ("Filter", _filter_element(rule)))
    out.append(("Status", "Enabled" if rule.enabled else "Disabled"))
    expiration: list[tuple[str, xml.Node]] = []
    if rule.days is not None:
        expiration = [("Days", rule.days)]
    elif rule.date is not None:
        expiration = [("Date", moments.stamp(datetime.fromtimestamp(rule.date, UTC)))]
    elif rule.markers:
        expiration = [("ExpiredObjectDeleteMarker", True)]
    out.append(("Expiration", expiration or None))
    if rule.noncurrent_days is not None:
        noncurrent = [("NoncurrentDays", rule.noncurrent_days), ("NewerNoncurrentVersions", rule.newer_versions)]
        out.append(("NoncurrentVersionExpiration", noncurrent))
    if rule.abort_days is not None:
        out.append(("AbortIncompleteMultipartUpload", [("DaysAfterInitiation", rule.abort_days)]))
    return out


def _filter_element(rule: Rule) -> xml.Node:
    out: list[tuple[str, xml.Node]] = [("Prefix", rule.prefix)] if rule.prefix else []
    out += [("Tag", [("Key", name), ("Value", value)]) for name, value in rule.tags.items()]
    out += [("ObjectSizeGreaterThan", rule.larger)] if rule.larger is not None else []
    out += [("ObjectSizeLessThan", rule.smaller)] if rule.smaller is not None else []
    if len(out) > 1:
        return [("And", out)]
    return out or [("Prefix", "")]


def expiration_header(rules: Sequence[Rule], record: ObjectRecord) -> Mapping[str, str]:
    """The header that tells when an object goes."""
    from pileus.object_store.wire.moments import http

    end = end_of(rules, record)
    if end is None:
        return {}
    return {"x-amz-expiration": f'expiry-date="{http(end[0])}", rule-id="{end[1]}"'}


__all__ = ["Removal", "Rule", "abandoned", "due", "end_of", "expiration_header", "midnight", "parse", "shown"]
