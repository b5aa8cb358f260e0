"""What a storage of objects must do.

The line is drawn at whole objects by name, below everything that is HTTP: a storage may be files on this machine, a
ring over machines or a Ceph pool.  An upload is opened for a name, because a ring must know where it goes; what becomes
of it is decided in one call at its end, so that a reader sees the old object or the new one and nothing between.

Moments are ints: hundred-thousandths of a second since 1970, as `X-Timestamp` shows them.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

Metadata = dict[str, str]
Change = Mapping[str, str | None]
"""Changed metadata; None takes an entry away."""
TICKS = 100_000
"""Ticks of a moment in a second."""


class Usage(msgspec.Struct, frozen=True):
    """What lies in an account or a container."""

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
    """A container."""

    name: str
    created: int
    changed: int
    policy: str
    usage: Usage
    metadata: Metadata


class ObjectRecord(msgspec.Struct, frozen=True):
    """An object.

    Attributes:
        etag: the MD5 of its bytes.
        metadata: by header name in lower case.
        delete_at: the second since 1970 from which on it is gone; 0 for never.
        data: where its bytes are, in the storage's own words.
        content: the bytes themselves, where they were asked for and are few.
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


class Draft(msgspec.Struct, frozen=True):
    """What an object is to be besides its bytes."""

    content_type: str
    metadata: Metadata
    delete_at: int = 0


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
    """

    marker: str = ""
    end_marker: str = ""
    prefix: str = ""
    delimiter: str = ""
    subdirs: bool = True
    limit: int = 10_000
    reverse: bool = False


class NoContainer(Exception):
    """There is no such container."""


class NotEmpty(Exception):
    """The container holds objects."""


class AlreadyThere(Exception):
    """There is such an object, and there should be none."""


class StorageFull(Exception):
    """There is no room left for the bytes."""


class Damaged(Exception):
    """Bytes are not those that were put; the message names the object.  Nobody gets to see them."""


class Upload(Protocol):
    """The bytes of one object on their way in.

    Attributes:
        size: bytes so far.
    """

    size: int

    async def add(self, data: bytes) -> None:
        """Take more bytes.

        Raises:
            StorageFull: there is no room left.
        """
        ...

    async def seal(self) -> str:
        """No more bytes come: their MD5.  From here on they outlive a power cut, if the upload is put."""
        ...

    async def abandon(self) -> None:
        """Forget the bytes unless they were put; no error when there is nothing to forget."""
        ...


class Storage(Protocol):
    """Accounts, containers and objects by name.  What it answers for a name is whole; what it accepted is on disk."""

    async def account(self, account: str) -> AccountRecord | None:
        """An account, if anything was ever put into it."""
        ...

    async def change_account(self, account: str, change: Change) -> bool:
        """Change metadata; whether the account was made by it."""
        ...

    async def delete_account(self, account: str) -> bool:
        """Forget an account with all that is in it; whether there was one."""
        ...

    async def containers(self, account: str, query: Query) -> list[ContainerRecord | Subdir]:
        """A part of an account's containers, in the order of their names' bytes."""
        ...

    async def container(self, account: str, container: str) -> ContainerRecord | None:
        """A container."""
        ...

    async def put_container(self, account: str, container: str, policy: str, change: Change) -> bool:
        """Make a container or change its metadata; whether it was made."""
        ...

    async def change_container(self, account: str, container: str, change: Change) -> None:
        """Change a container's metadata.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container.

        Raises:
            NoContainer: there is none.
            NotEmpty: it holds objects.
        """
        ...

    async def objects(self, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
        """A part of a container's objects, in the order of their names' bytes.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def object(self, account: str, container: str, name: str, *, content: bool = False) -> ObjectRecord | None:
        """An object; with `content`, its bytes as well if they are few.

        Raises:
            Damaged: the bytes asked for are not those that were put.
        """
        ...

    def upload(self, account: str, container: str, name: str) -> Upload:
        """Begin to take an object's bytes."""
        ...

    async def put_object(
        self, account: str, container: str, name: str, upload: Upload, draft: Draft, *, absent: bool = False
    ) -> ObjectRecord:
        """Make a sealed upload the object of that name.

        Args:
            absent: whether there must be none of that name.

        Raises:
            NoContainer: there is none.
            AlreadyThere: there is one of that name.
        """
        ...

    async def change_object(self, account: str, container: str, name: str, draft: Draft) -> ObjectRecord | None:
        """Replace what an object is besides its bytes; None if there is none."""
        ...

    async def delete_object(self, account: str, container: str, name: str, stamp: int = 0) -> ObjectRecord | None:
        """Forget an object (with a stamp, only if it is still the one of that moment); what it was."""
        ...

    def read(self, record: ObjectRecord, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of an object's bytes."""
        ...

    def file(self, record: ObjectRecord) -> Path | None:
        """The file on this machine that holds exactly the object's bytes, if there is one."""
        ...

    async def expired(self, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
        """Objects that are gone at that second since 1970, as (account, container, object)."""
        ...
