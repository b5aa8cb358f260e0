"""Objects on one machine: an index with the small ones in SQLite, the large ones as files.

An object of up to `SMALL` bytes is a row beside its index row, in the same transaction.  A larger one is a file that is
on disk, in its place, before the index names it; what the index does not name is removed when its process is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from pileus.kernel.world import World
from pileus.object_store.storage.content.uploads import FileUpload, Several, md5
from pileus.object_store.storage.disk import Disk
from pileus.object_store.storage.index import accounts, auditing, objects, parts
from pileus.object_store.storage.index.objects import Conditions
from pileus.object_store.storage.protocol import Place, Upload
from pileus.object_store.storage.records import (
    AccountRecord,
    Change,
    ContainerRecord,
    Damaged,
    Deletion,
    Draft,
    NoContainer,
    NoUpload,
    ObjectRecord,
    PartRecord,
    Query,
    Subdir,
    UploadRecord,
)


class FileStorage:
    """The storage of one machine.

    Args:
        folder: everything lies below it.
        shards: databases that the accounts are spread over; kept as the folder was made.
        durable: whether what is accepted is on disk.
        encrypt: whether everything lies encrypted.
    """

    def __init__(
        self, folder: Path, world: World, *, shards: int = 1, durable: bool = True, encrypt: bool = False
    ) -> None:
        self.disk = Disk(folder, world, shards=shards, durable=durable, encrypt=encrypt)
        self._ids = world.ids

    async def start(self) -> None:
        """Open the databases, and put right what processes that are no more left behind."""
        await asyncio.to_thread(self.disk.open)
        await self.disk.recover()

    async def stop(self) -> None:
        """Close everything."""
        await asyncio.to_thread(self.disk.close)

    # ---- accounts and containers

    async def account(self, account: str) -> AccountRecord | None:
        """An account."""
        return self.disk.of(account).look(lambda c: accounts.account(c, account))

    async def change_account(self, account: str, change: Change) -> bool:
        """Change metadata; whether the account was made."""
        now = self.disk.now()
        return (await self.disk.of(account).write(lambda c: accounts.change_account(c, account, change, now)))[1]

    async def delete_account(self, account: str) -> bool:
        """Forget an account with all that is in it."""
        now = self.disk.now()
        await self.disk.shards[0].write(lambda c: accounts.release(c, account))
        return await self.disk.of(account).write(lambda c: accounts.delete_account(c, account, now))

    async def containers(self, account: str, query: Query) -> list[ContainerRecord | Subdir]:
        """A page of containers."""
        return await self.disk.of(account).list(lambda c: accounts.containers(c, account, query))

    async def container(self, account: str, container: str) -> ContainerRecord | None:
        """A container."""
        return self.disk.of(account).look(lambda c: accounts.container(c, account, container))

    async def put_container(
        self, account: str, container: str, policy: str, change: Change, *, versioning: str | None = None
    ) -> bool:
        """Make a container or change its metadata."""
        now = self.disk.now()
        return await self.disk.of(account).write(
            lambda c: accounts.put_container(c, account, container, policy, change, now, versioning=versioning)
        )

    async def change_container(
        self, account: str, container: str, change: Change, *, versioning: str | None = None
    ) -> None:
        """Change a container's metadata."""
        now = self.disk.now()
        await self.disk.of(account).write(
            lambda c: accounts.change_container(c, account, container, change, now, versioning=versioning)
        )

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container."""
        now = self.disk.now()
        await self.disk.of(account).write(lambda c: accounts.delete_container(c, account, container, now))
        await self.release(container, account)

    async def claim(self, bucket: str, account: str) -> str:
        """Give a name to an account, if nobody has it."""
        return await self.disk.shards[0].write(lambda c: accounts.claim(c, bucket, account))

    async def claimed(self, bucket: str) -> str | None:
        """The account that has a name."""
        return self.disk.shards[0].look(lambda c: accounts.claimed(c, bucket))

    async def release(self, bucket: str, account: str) -> None:
        """Give a name up."""
        if await self.claimed(bucket) == account:
            await self.disk.shards[0].write(lambda c: accounts.release(c, account, bucket))

    # ---- objects

    async def objects(self, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
        """A page of objects."""
        return await self.disk.of(account).list(lambda c: objects.objects(c, account, container, query))

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
        """An object."""
        record = self.disk.of(account).look(
            lambda c: objects.object_(c, account, container, name, version, content=content)
        )
        if record is None:
            return None
        if content and record.data[:1] in {"f", "p"}:
            self._refuse_damaged(record)
        if record.hidden is not None and (key is not None or not record.locked):
            plain = self.disk.reading.plain(record.sealed, record.hidden, key)
            record = msgspec.structs.replace(record, content=plain, hidden=None)
        if record.content is not None and not record.marker and md5(record.content) != record.etag:
            raise Damaged(f"{account}/{container}/{name}: its bytes are not those that were put")
        return record

    def upload(
        self, account: str, container: str, name: str, *, key: bytes | None = None, encrypt: bool = False
    ) -> FileUpload:
        """Begin to take an object's bytes."""
        return self.disk.upload(key, encrypt=encrypt)

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
        """Make an upload the object of that name."""
        assert isinstance(upload, FileUpload), "an upload belongs to the storage that made it"
        now, place, conditions = self.disk.now(), (account, container, name), Conditions(absent, if_etag)
        body = upload.body
        return await self.disk.put(
            account, upload, lambda c: objects.put_object(c, place, draft, body, now, conditions)
        )

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
        """Make an object of another one's bytes."""
        now, conditions, several = self.disk.now(), Conditions(absent, if_etag), Several()
        try:
            await self.disk.shared(record, several, key, new_key, encrypt=encrypt)
            body = several.body
            return await self.disk.put(
                to[0], several, lambda c: objects.put_object(c, to, draft, body, now, conditions)
            )
        except BaseException:
            await several.abandon()
            raise

    async def change_object(
        self, account: str, container: str, name: str, draft: Draft, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Replace what an object is besides its bytes."""
        now, place = self.disk.now(), (account, container, name)
        return await self.disk.of(account).write(lambda c: objects.change_object(c, place, version, draft, now))

    async def mark_object(
        self, account: str, container: str, name: str, change: Change, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Change single metadata of an object."""
        now, place = self.disk.now(), (account, container, name)
        return await self.disk.of(account).write(lambda c: objects.change_object(c, place, version, change, now))

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
        """Forget an object."""
        now, place, conditions = self.disk.now(), (account, container, name), Conditions(if_etag=if_etag)
        return await self.disk.of(account).write(
            lambda c: objects.delete_object(c, place, version, stamp, conditions, now, bypass=bypass)
        )

    def read(self, record: ObjectRecord, start: int, length: int, key: bytes | None = None) -> AsyncIterator[bytes]:
        """Some of an object's bytes."""
        return self.disk.read(record, start, length, key)

    def file(self, record: ObjectRecord) -> Path | None:
        """The file that holds the bytes."""
        if record.sealed or not record.data.startswith("f"):
            return None
        return self.disk.blobs.path(record.data[1:])

    async def expired(self, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
        """Objects whose time has come."""
        found: list[tuple[str, str, ObjectRecord]] = []
        for shard in self.disk.shards:
            left = limit - len(found)
            found += await shard.list(lambda c, left=left: objects.expired(c, second, left))  # type: ignore[misc]
        return found

    # ---- parts

    async def begin_parts(self, account: str, container: str, name: str, draft: Draft) -> str:
        """Begin an upload of several parts."""
        now, made = self.disk.now(), self._ids.hex()
        await self.disk.of(account).write(lambda c: parts.begin(c, (account, container, name), made, draft, now))
        return made

    async def put_part(
        self, account: str, container: str, id: str, number: int, upload: Upload, *, note: str = ""
    ) -> PartRecord:
        """Make an upload one part of several."""
        assert isinstance(upload, FileUpload), "an upload belongs to the storage that made it"
        now, body = self.disk.now(), upload.body
        return await self.disk.put(
            account, upload, lambda c: parts.put_part(c, account, container, id, (number, note), body, now)
        )

    async def upload_of_parts(self, account: str, container: str, id: str) -> UploadRecord | None:
        """An upload of several parts."""
        try:
            return self.disk.of(account).look(lambda c: parts.upload(c, account, container, id))
        except (NoUpload, NoContainer):
            return None

    async def parts(self, account: str, container: str, id: str, after: int, limit: int) -> list[PartRecord]:
        """The parts of an upload."""
        return await self.disk.of(account).list(lambda c: parts.parts(c, (account, container), id, after, limit))

    async def uploads(self, account: str, container: str, query: Query) -> list[UploadRecord | Subdir]:
        """Uploads of several parts."""
        return await self.disk.of(account).list(lambda c: parts.uploads(c, account, container, query))

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
        """Make parts an object."""
        now, place, conditions = self.disk.now(), (account, container), Conditions(absent, if_etag)
        return await self.disk.of(account).write(
            lambda c: parts.finish(c, place, id, chosen, etag, change or {}, now, conditions)
        )

    async def abandon_parts(self, account: str, container: str, id: str) -> None:
        """End an upload of several parts and forget them."""
        now = self.disk.now()
        await self.disk.of(account).write(lambda c: parts.abandon(c, account, container, id, now))

    # ---- what only this storage has

    def _refuse_damaged(self, record: ObjectRecord) -> None:
        if self.disk.of(record.account).look(lambda c: auditing.is_damaged(c, record.data)):
            where = f"{record.account}/{record.container}/{record.name}"
            raise Damaged(f"{where}: its bytes are not those that were put")

    async def damaged(self) -> list[str]:
        """What has bytes that are not those that were put, as account/container/object."""
        return [what for shard in self.disk.shards for what in await shard.list(auditing.damaged)]

    async def sweep(self, limit: int = 1000) -> int:
        """Remove what no object has had for a while; how much."""
        return await self.disk.sweep(limit)
