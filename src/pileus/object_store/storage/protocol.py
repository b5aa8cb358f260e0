"""What a storage of objects must do.

The line is drawn at whole objects by name, below everything that is HTTP: a storage may be files on this machine, a
ring over machines or a Ceph pool.  An upload is opened for a name, because a ring must know where it goes; what becomes
of it is decided in one call at its end, so that a reader sees the old object or the new one and nothing between.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from pileus.object_store.storage.records import (
    TICKS,
    AccountRecord,
    AlreadyThere,
    Change,
    ContainerRecord,
    Damaged,
    Deletion,
    Draft,
    Locked,
    Metadata,
    Newer,
    NoContainer,
    NoPart,
    NotEmpty,
    NoUpload,
    ObjectRecord,
    OtherObject,
    PartRecord,
    Query,
    StorageFull,
    Subdir,
    UploadRecord,
    Usage,
    WrongKey,
)

__all__ = [
    "TICKS",
    "AccountRecord",
    "AlreadyThere",
    "Change",
    "ContainerRecord",
    "Damaged",
    "Deletion",
    "Draft",
    "Locked",
    "Metadata",
    "Newer",
    "NoContainer",
    "NoPart",
    "NoUpload",
    "NotEmpty",
    "ObjectRecord",
    "OtherObject",
    "PartRecord",
    "Place",
    "Query",
    "Storage",
    "StorageFull",
    "Subdir",
    "Upload",
    "UploadRecord",
    "Usage",
    "WrongKey",
]

Place = tuple[str, str, str]
"""Account, container, object."""


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
    """Accounts, containers and objects by name.  What it answers for a name is whole; what it accepted is on disk.

    In a container that keeps versions, what is put or deleted stays as an older version, and a deletion is a marker.
    Conditions (`absent`, `if_etag`, `stamp`) are looked at in the same transaction as what they guard.
    """

    async def start(self) -> None:
        """Get ready; what an earlier process left unfinished is put right."""
        ...

    async def stop(self) -> None:
        """Close everything."""
        ...

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

    async def put_container(
        self, account: str, container: str, policy: str, change: Change, *, versioning: str | None = None
    ) -> bool:
        """Make a container or change its metadata, and its versioning if given; whether it was made."""
        ...

    async def change_container(
        self, account: str, container: str, change: Change, *, versioning: str | None = None
    ) -> None:
        """Change a container's metadata, and its versioning if given.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container, with the uploads of parts that have not ended.

        Raises:
            NoContainer: there is none.
            NotEmpty: it holds objects, versions or markers.
        """
        ...

    async def objects(self, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
        """A part of a container's objects, in the order of their names' bytes.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def object(
        self,
        account: str,
        container: str,
        name: str,
        *,
        content: bool = False,
        version: str | None = None,
        key: bytes | None = None,
    ) -> ObjectRecord | None:
        """An object, or that version of it (which may be a marker).

        Args:
            content: whether its bytes are wanted as well if they are few.
            key: its owner's, for the content of a locked one; without, `read` takes it.

        Raises:
            Damaged: the bytes asked for are not those that were put.
            WrongKey: see there.
        """
        ...

    def upload(
        self, account: str, container: str, name: str, *, key: bytes | None = None, encrypt: bool = False
    ) -> Upload:
        """Begin to take an object's bytes.

        Args:
            key: 32 bytes of its owner that alone will open them; the storage forgets them.
            encrypt: whether the bytes are to lie encrypted; they may all the same where it is off.
        """
        ...

    async def put_object(
        self,
        account: str,
        container: str,
        name: str,
        upload: Upload,
        draft: Draft,
        *,
        absent: bool = False,
        if_etag: str | None = None,
    ) -> ObjectRecord:
        """Make a sealed upload the object of that name.

        Args:
            absent: whether there must be none of that name.
            if_etag: the ETag that the one there must have.

        Raises:
            NoContainer: there is none.
            AlreadyThere: there is one of that name.
            OtherObject: it is another one, or there is none.
            Newer: the draft has a moment, and the one there is as new.
        """
        ...

    async def copy_object(
        self,
        record: ObjectRecord,
        to: Place,
        draft: Draft,
        *,
        key: bytes | None = None,
        new_key: bytes | None = None,
        encrypt: bool = False,
        absent: bool = False,
        if_etag: str | None = None,
    ) -> ObjectRecord:
        """Make an object of another one's bytes, which are shared instead of copied where that is possible.

        Args:
            key: the owner's of a locked one.
            new_key: what is to lock the new one.

        Raises:
            NoContainer, AlreadyThere, OtherObject: see `put_object`.
            Damaged: the bytes are gone.
            WrongKey: see there.
        """
        ...

    async def change_object(
        self, account: str, container: str, name: str, draft: Draft, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Replace what an object is besides its bytes, and its moment; None if there is none."""
        ...

    async def mark_object(
        self, account: str, container: str, name: str, change: Change, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Change single metadata of an object and leave its moment; None if there is none."""
        ...

    async def delete_object(
        self,
        account: str,
        container: str,
        name: str,
        stamp: int = 0,
        *,
        version: str | None = None,
        if_etag: str | None = None,
        bypass: bool = False,
    ) -> Deletion:
        """Forget an object, or hide it behind a marker where versions are kept.

        Args:
            stamp: if it is still the one of that moment.
            version: exactly that one, for good; the newest that is left becomes the object.
            if_etag: the ETag that it must have.
            bypass: whether a lock in governance mode is set aside.

        Raises:
            OtherObject: its ETag is another one, or there is none.
            Locked: bytes would go for good that a lock keeps.
        """
        ...

    def read(self, record: ObjectRecord, start: int, length: int, key: bytes | None = None) -> AsyncIterator[bytes]:
        """Some of an object's bytes.

        Raises:
            Damaged: they are not those that were put.
            WrongKey: see there.
        """
        ...

    def file(self, record: ObjectRecord) -> Path | None:
        """The file on this machine that holds exactly the object's bytes, if there is one."""
        ...

    async def expired(self, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
        """Objects and versions that are gone at that second since 1970, as (account, container, object)."""
        ...

    async def begin_parts(self, account: str, container: str, name: str, draft: Draft) -> str:
        """Begin an upload of several parts; its id.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def put_part(
        self, account: str, container: str, id: str, number: int, upload: Upload, *, note: str = ""
    ) -> PartRecord:
        """Make a sealed upload one part of several, in the place of an earlier one of that number.

        Raises:
            NoUpload: there is none, or it has ended.
        """
        ...

    async def upload_of_parts(self, account: str, container: str, id: str) -> UploadRecord | None:
        """An upload of several parts that has not ended."""
        ...

    async def parts(self, account: str, container: str, id: str, after: int, limit: int) -> list[PartRecord]:
        """The parts of an upload with numbers above one, in their order.

        Raises:
            NoUpload: there is none, or it has ended.
        """
        ...

    async def uploads(self, account: str, container: str, query: Query) -> list[UploadRecord | Subdir]:
        """Uploads of several parts that have not ended, by name, then by id.

        Raises:
            NoContainer: there is none.
        """
        ...

    async def finish_parts(
        self,
        account: str,
        container: str,
        id: str,
        chosen: Sequence[tuple[int, str]],
        etag: str,
        *,
        change: Change | None = None,
        absent: bool = False,
        if_etag: str | None = None,
    ) -> ObjectRecord:
        """Make parts an object, in one step; those not chosen are forgotten.

        Args:
            chosen: numbers and ETags, in the order of the object's bytes.
            etag: the object's.
            change: metadata besides those of the draft.

        Raises:
            NoUpload: there is none, or it has ended.
            NoPart: there is no such part.
            AlreadyThere, OtherObject: see `put_object`.
        """
        ...

    async def abandon_parts(self, account: str, container: str, id: str) -> None:
        """End an upload of several parts and forget them.

        Raises:
            NoUpload: there is none, or it has ended.
        """
        ...

    async def claim(self, bucket: str, account: str) -> str:
        """Give a name that exists once to an account, if nobody has it; who has it now."""
        ...

    async def claimed(self, bucket: str) -> str | None:
        """The account that has a name."""
        ...

    async def release(self, bucket: str, account: str) -> None:
        """Give a name up, if the account has it.  Deleting an account or a container of that name does it as well."""
        ...
