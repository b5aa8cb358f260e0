"""Whom a bucket tells what: events, filters, and the addresses that are told.

A target's ARN is `arn:pileus:webhook:::` with the address behind it: events go there as JSON, by POST.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ARN = "arn:pileus:webhook:::"
_KINDS = {"TopicConfiguration": "Topic", "QueueConfiguration": "Queue", "CloudFunctionConfiguration": "CloudFunction"}
EVENTS = frozenset(
    f"s3:{group}:{name}"
    for group, names in {
        "ObjectCreated": ("*", "Put", "Post", "Copy", "CompleteMultipartUpload"),
        "ObjectRemoved": ("*", "Delete", "DeleteMarkerCreated"),
        "ObjectTagging": ("*", "Put", "Delete"),
        "LifecycleExpiration": ("*", "Delete", "DeleteMarkerCreated"),
    }.items()
    for name in names
) | {"s3:ObjectAcl:Put"}
MOST_TARGETS = 100


class Target(msgspec.Struct, frozen=True):
    """Who is told what.

    Attributes:
        kind: the element that it stood in.
    """

    kind: str
    id: str
    arn: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    @property
    def url(self) -> str:
        """Where events go."""
        return self.arn.removeprefix(ARN)

    def wants(self, event: str, key: str) -> bool:
        """Whether it is to be told of an event."""
        if not key.startswith(self.prefix) or not key.endswith(self.suffix):
            return False
        return any(one == event or (one.endswith("*") and event.startswith(one[:-1])) for one in self.events)


def parse(root: "Element") -> list[Target]:
    """Whom a document names.

    Raises:
        ValueError, S3Error: it says what cannot be.
    """
    if root.find("EventBridgeConfiguration") is not None:
        raise refuse("NotImplemented", "There is no EventBridge.")
    xml.only(root, _KINDS)
    if len(root) > MOST_TARGETS:
        raise ValueError("too many")
    return [_target(item, number) for number, item in enumerate(root)]


def _target(item: "Element", number: int) -> Target:
    element = _KINDS[item.tag]
    xml.only(item, ("Id", element, "Event", "Filter"))
    arn = xml.text(item, element, None)
    parts = urlsplit(arn.removeprefix(ARN))
    try:
        good = arn.startswith(ARN) and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or any(ord(letter) <= 32 for letter in arn):
        raise argument(element, arn, f"The ARN could not be validated; expected is {ARN}http://host/path")
    events = tuple((event.text or "").strip() for event in item.findall("Event"))
    if not events:
        raise ValueError("events are expected")
    for event in events:
        if event not in EVENTS:
            raise argument("Event", event, "The event is not supported for notifications")
    return Target(item.tag, xml.text(item, "Id") or f"target-{number + 1}", arn, events, **_filter(item.find("Filter")))


def _filter(item: "Element | None") -> dict[str, str]:
    found: dict[str, str] = {}
    if item is None:
        return found
    xml.only(item, ("S3Key",))
    for rule in item.iter("FilterRule"):
        name = xml.text(rule, "Name", None).lower()
        if name not in {"prefix", "suffix"}:
            raise argument("FilterRule.Name", name, "filter rule name must be either prefix or suffix")
        if name in found:
            raise argument("FilterRule.Name", name, "Cannot specify more than one prefix or suffix rule in a filter.")
        found[name] = rule.findtext("Value") or ""
    return found


def shown(targets: list[Target]) -> xml.Node:
    """As documents have them."""
    return [(target.kind, _element(target)) for target in targets]


def _element(target: Target) -> xml.Node:
    rules: list[tuple[str, xml.Node]] = [
        ("FilterRule", [("Name", name.capitalize()), ("Value", value)])
        for name, value in (("prefix", target.prefix), ("suffix", target.suffix))
        if value
    ]
    out: list[tuple[str, xml.Node]] = [("Id", target.id), (_KINDS[target.kind], target.arn)]
    out += [("Event", event) for event in target.events]
    return [*out, ("Filter", [("S3Key", rules)] if rules else None)]
