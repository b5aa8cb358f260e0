"""What a storage of objects tells and is told: records, drafts, queries, and what can go wrong.

Moments are ints: hundred-thousandths of a second since 1970, as `X-Timestamp` shows them.
"""

from collections.abc import Mapping

import msgspec

Metadata = dict[str, str]
Change = Mapping[str, str | None]
"""Changed metadata; None takes an entry away."""
TICKS = 100_000
"""Ticks of a moment in a second."""
CUSTOMER = b"C"
"""What the sealed key of an object begins with that only its owner's key opens."""


class Usage(msgspec.Struct, frozen=True):
    """What lies in an account or a container: the objects that plain lists show, and the bytes of all versions."""

    objects: int = 0
    bytes: int = 0


class AccountRecord(msgspec.Struct, frozen=True):
    """An account."""

    name: str
    created: int
    containers: int = 0
    usage: Usage = Usage()
    policies: dict[str, tuple[int, Usage]] = {}
    """By storage policy, the number of containers and what lies in them."""
    metadata: Metadata = {}


class ContainerRecord(msgspec.Struct, frozen=True):
    """A container.

    Attributes:
        versioning: "" if it never kept versions, "enabled" while it does, "suspended" when it does no more.
    """

    name: str
    created: int
    changed: int
    policy: str
    usage: Usage
    metadata: Metadata
    versioning: str = ""


class ObjectRecord(msgspec.Struct, frozen=True):
    """An object, or one version of it.

    Attributes:
        etag: the MD5 of its bytes; of one made of parts what its maker said.
        metadata: by header name in lower case.
        delete_at: the second since 1970 from which on it is gone; 0 for never.
        data: where its bytes are, in the storage's own words.
        content: the bytes themselves, where they were asked for and are few.
        account, container: where it lies.
        version: which version it is, opaque; "" is the null version, that of containers which keep none.
        latest: whether it is the newest of its name.
        marker: whether it says that the object was deleted; it has no bytes then.
        sealed: the key of its bytes, in the storage's own words; empty if they lie open.
        hidden: its few bytes as they lie, where they were asked for without the owner's key.
    """

    name: str
    stamp: int
    size: int
    etag: str
    content_type: str
    metadata: Metadata
    delete_at: int = 0
    data: str = ""
    content: bytes | None = None
    account: str = ""
    container: str = ""
    version: str = ""
    latest: bool = True
    marker: bool = False
    sealed: bytes = b""
    hidden: bytes | None = None

    @property
    def locked(self) -> bool:
        """Whether only its owner's key opens it."""
        return self.sealed.startswith(CUSTOMER)


class PartRecord(msgspec.Struct, frozen=True):
    """One part of an upload of several; `etag` is the MD5 of its bytes, `note` what who put it wants to know again."""

    number: int
    stamp: int
    size: int
    etag: str
    note: str = ""


class UploadRecord(msgspec.Struct, frozen=True):
    """An upload of several parts that has not ended; `draft` is what the object is to be."""

    id: str
    name: str
    created: int
    draft: "Draft"


class Deletion(msgspec.Struct, frozen=True):
    """What a deletion did.

    Attributes:
        gone: the object or version that is there no more, or that a marker hides now; None if there was none.
        marker: the marker that was left, if any.
    """

    gone: ObjectRecord | None = None
    marker: ObjectRecord | None = None


class Draft(msgspec.Struct, frozen=True):
    """What an object is to be besides its bytes.

    Attributes:
        stamp: the moment that it is to have, if that was made elsewhere; it loses to one that is as new.
    """

    content_type: str
    metadata: Metadata
    delete_at: int = 0
    stamp: int = 0


class Subdir(msgspec.Struct, frozen=True):
    """Stands in a list for all names that start so."""

    name: str


class Query(msgspec.Struct, frozen=True):
    """Which part of a list.

    Attributes:
        marker, end_marker: names beyond which the part starts and before which it ends, in the list's direction.
        prefix: what every name starts with.
        delimiter: names that have it after the prefix are gathered into one `Subdir`.
        subdirs: whether those are shown; without, only the names that have no delimiter are.
        limit: entries at the most.
        versions: whether every version of an object is listed, the newest first, and markers too.
        version_marker: with `marker`, the version (or upload) of that name after which the part starts.
    """

    marker: str = ""
    end_marker: str = ""
    prefix: str = ""
    delimiter: str = ""
    subdirs: bool = True
    limit: int = 10_000
    reverse: bool = False
    versions: bool = False
    version_marker: str | None = None


class NoContainer(Exception):
    """There is no such container."""


class NotEmpty(Exception):
    """The container holds objects or versions of them."""


class AlreadyThere(Exception):
    """There is such an object, and there should be none."""


class Newer(Exception):
    """What is there is as new as what was to come, or newer."""


class OtherObject(Exception):
    """The object is not the one that it should be.

    Args:
        missing: whether there is none at all.
    """

    def __init__(self, *, missing: bool) -> None:
        super().__init__("there is none" if missing else "it is another one")
        self.missing = missing


class Locked(Exception):
    """A lock keeps the version that would go."""


class NoUpload(Exception):
    """There is no such upload of parts."""


class NoPart(Exception):
    """There is no part of that number with that ETag."""


class WrongKey(Exception):
    """The bytes are encrypted under a key of their owner, and that is not the one given."""


class StorageFull(Exception):
    """There is no room left for the bytes."""


class Damaged(Exception):
    """Bytes are not those that were put; the message names the object.  Nobody gets to see them."""
