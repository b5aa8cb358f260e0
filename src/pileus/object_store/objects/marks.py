"""What the object store notes of an object for itself, in metadata that no client sees or sets."""

from urllib.parse import quote, unquote

import msgspec

from pileus.object_store.storage.protocol import Metadata, ObjectRecord

STATIC = "sysmeta-static"
"""Marks an object whose bytes are the list of its segments: ETag and size of the whole."""
LINK = "sysmeta-link"
"""Marks an object that stands for another one: that one's container and name, quoted."""
LINK_ACCOUNT = "sysmeta-link-account"
LINK_ETAG = "sysmeta-link-etag"
LINK_BYTES = "sysmeta-link-bytes"
_OF_LINKS = (LINK, LINK_ACCOUNT, LINK_ETAG, LINK_BYTES)


class Target(msgspec.Struct, frozen=True):
    """What a link stands for.

    Attributes:
        etag: that it must have; empty for any.
        size: that it had when the link was made, where an ETag is asked for.
    """

    place: tuple[str, str, str]
    etag: str = ""
    size: int = 0

    def metadata(self, account: str) -> Metadata:
        """As it is kept, by a link in an account."""
        kept = {LINK: quote("/".join(self.place[1:]))}
        if self.place[0] != account:
            kept[LINK_ACCOUNT] = self.place[0]
        return kept | ({LINK_ETAG: self.etag, LINK_BYTES: str(self.size)} if self.etag else {})


def target(record: ObjectRecord, account: str) -> Target:
    """What a link in an account stands for."""
    kept = record.metadata
    container, _, name = unquote(kept[LINK]).partition("/")
    place = kept.get(LINK_ACCOUNT, account), container, name
    return Target(place, kept.get(LINK_ETAG, ""), int(kept.get(LINK_BYTES, "0")))


def ours(kept: Metadata) -> Metadata:
    """What stays with an object that is copied as it lies."""
    return {name: value for name, value in kept.items() if name in (STATIC, *_OF_LINKS)}
