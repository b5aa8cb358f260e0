"""Tags of buckets and objects."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import msgspec

from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KEPT = "sysmeta-s3-tags"
MOST_OF_OBJECT = 10
MOST_OF_BUCKET = 50
_LETTERS = re.compile(r"[\w\s+\-=.:/@]*")


def tags_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """The tags that an object or bucket has."""
    text = metadata.get(KEPT, "")
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def kept(tags: Mapping[str, str]) -> str | None:
    """Tags as they are kept; None for none."""
    return msgspec.json.encode(dict(tags)).decode() if tags else None


def checked(pairs: Iterable[tuple[str, str]], most: int) -> dict[str, str]:
    """Tags, if they can be.

    Raises:
        S3Error: there are too many, two of a name, or one that cannot be.
    """
    tags: dict[str, str] = {}
    for name, value in pairs:
        if name in tags:
            raise refuse("InvalidTag", "Cannot provide multiple Tags with the same key")
        if not name or len(name) > 128 or not _LETTERS.fullmatch(name):
            raise refuse("InvalidTag", "The TagKey you have provided is invalid")
        if name.lower().startswith("aws:"):
            raise refuse("InvalidTag", "System tags cannot be added/updated by requester")
        if len(value) > 256 or not _LETTERS.fullmatch(value):
            raise refuse("InvalidTag", "The TagValue you have provided is invalid")
        tags[name] = value
    if len(tags) > most:
        kind = "Object" if most == MOST_OF_OBJECT else "Bucket"
        raise refuse("InvalidTag", f"{kind} tags cannot be greater than {most}")
    return tags


def of_header(text: str) -> dict[str, str]:
    """The tags of a header like `a=1&b=2`.

    Raises:
        S3Error: they cannot be.
    """
    pairs = [part.partition("=") for part in text.split("&") if part]
    try:
        return checked(((unquote_plus(n, errors="strict"), unquote_plus(v, errors="strict")) for n, _, v in pairs), 10)
    except UnicodeDecodeError:
        raise argument("x-amz-tagging", text, "The header 'x-amz-tagging' shall be encoded as UTF-8") from None


def of_xml(root: "Element", most: int) -> dict[str, str]:
    """The tags of a document.

    Raises:
        S3Error: they cannot be.
        ValueError: it is no document of tags.
    """
    xml.only(root, ("TagSet",))
    tag_set = root.find("TagSet")
    if tag_set is None or len(root) != 1:
        raise ValueError("a TagSet is expected")
    xml.only(tag_set, ("Tag",))
    for tag in tag_set:
        xml.only(tag, ("Key", "Value"))
    return checked(((raw(tag, "Key"), raw(tag, "Value")) for tag in tag_set), most)


def raw(item: "Element", name: str) -> str:
    """The text of a child, with its spaces.

    Raises:
        ValueError: there is not one such child.
    """
    found = item.findall(name)
    if len(found) != 1:
        raise ValueError(name)
    return found[0].text or ""


def shown(tags: Mapping[str, str]) -> xml.Node:
    """As documents have them."""
    return [("TagSet", [("Tag", [("Key", name), ("Value", value)]) for name, value in tags.items()])]
