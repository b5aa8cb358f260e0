"""Objects in dictionaries.

Of each name all versions are kept in a list, the oldest first; in a container without versions that is one at the most.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from pileus.kernel.world import World
from pileus.object_store.storage import locks
from pileus.object_store.storage.protocol import Place, Upload
from pileus.object_store.storage.records import (
    TICKS,
    AlreadyThere,
    Change,
    Deletion,
    Draft,
    Newer,
    ObjectRecord,
    OtherObject,
    Query,
    Subdir,
)
from pileus.simulated.object_store.accounts import Container, MemoryAccounts
from pileus.simulated.object_store.contents import Contents, MemoryUpload
from pileus.simulated.object_store.pages import merged, page_of

_replace = msgspec.structs.replace


class MemoryObjects(MemoryAccounts):
    """A storage without uploads of several parts."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.contents = Contents(world.ids)

    async def objects(self, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
        """A page of objects."""
        found = self.need(account, container)
        if not query.versions:
            plain = {name: record for name in found.names if (record := found.current(name)) is not None}
            return page_of(plain, query, lambda row: row[1])
        every: dict[str, list[Any]] = {}
        for name, kept in found.names.items():
            newest = [*reversed(kept)]
            every[name] = [_replace(record, latest=at == 0) for at, record in enumerate(newest)]
        rest: list[ObjectRecord] = []
        if query.version_marker is not None:
            names = [record.version for record in every.get(query.marker, [])]
            if query.version_marker in names:
                rest = every[query.marker][names.index(query.version_marker) + 1 :]
        return page_of(every, query, lambda row: row[1], ahead=rest)

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
        found = self.find(account, container)
        record = None if found is None else self._at(found, name, version)
        if record is None or not content or record.marker or (record.locked and key is None):
            return record
        return _replace(record, content=self.contents.open(record, key))

    def _at(self, container: Container, name: str, version: str | None) -> ObjectRecord | None:
        kept = container.names.get(name, [])
        if version is None:
            return container.current(name)
        return next((_replace(r, latest=r is kept[-1]) for r in kept if r.version == version), None)

    def upload(
        self, account: str, container: str, name: str, *, key: bytes | None = None, encrypt: bool = False
    ) -> MemoryUpload:
        """Begin to take an object's bytes."""
        return MemoryUpload(key)

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
        assert isinstance(upload, MemoryUpload), "an upload belongs to the storage that made it"
        place = (account, container, name)
        return self.place(place, draft, upload.content, upload.etag, upload.key, absent=absent, if_etag=if_etag)

    def place(
        self,
        to: Place,
        draft: Draft,
        content: bytes,
        etag: str,
        key: bytes | None,
        *,
        absent: bool,
        if_etag: str | None,
    ) -> ObjectRecord:
        """Make bytes an object."""
        found = self.need(*to[:2])
        old = found.current(to[2])
        self._check(old, absent=absent, if_etag=if_etag)
        stamp = self._stamp(found, to[2], draft.stamp)
        versioning = found.record.versioning
        version = f"{stamp:020}" if versioning == "enabled" else ""
        data, sealed = self.contents.keep(content, key)
        kept = (draft.content_type, draft.metadata, draft.delete_at, data, None, *to[:2], version)
        record = ObjectRecord(to[2], stamp, len(content), etag, *kept, sealed=sealed)
        self._add(found, record)
        return record

    def _check(self, there: ObjectRecord | None, *, absent: bool, if_etag: str | None) -> None:
        if there is not None and 0 < there.delete_at <= self.now() // TICKS:
            there = None
        if absent and there is not None:
            raise AlreadyThere
        if if_etag is not None and (there is None or there.etag != if_etag):
            raise OtherObject(missing=there is None)

    def _stamp(self, container: Container, name: str, wanted: int = 0) -> int:
        newest = max((record.stamp for record in container.names.get(name, [])), default=0)
        if 0 < wanted <= newest:
            raise Newer
        return max(wanted or self.now(), newest + 1)

    def _add(self, container: Container, record: ObjectRecord) -> None:
        """Put a record on top; the null version of that name goes if this is one."""
        kept = container.names.setdefault(record.name, [])
        if not record.version:
            for other in kept:
                if not other.version:
                    locks.check(other.metadata, self.now() // TICKS)
            kept[:] = [other for other in kept if other.version]
        kept.append(record)

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
        content = self.contents.open(record, key)
        return self.place(to, draft, content, record.etag, new_key, absent=absent, if_etag=if_etag)

    async def change_object(
        self, account: str, container: str, name: str, draft: Draft, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Replace what an object is besides its bytes."""

        def change(old: ObjectRecord) -> ObjectRecord:
            new = _replace(old, content_type=draft.content_type, metadata=draft.metadata, delete_at=draft.delete_at)
            return _replace(new, stamp=max(self.now(), old.stamp + 1))

        return self._changed(account, container, name, version, change)

    async def mark_object(
        self, account: str, container: str, name: str, change: Change, *, version: str | None = None
    ) -> ObjectRecord | None:
        """Change single metadata of an object."""
        return self._changed(
            account, container, name, version, lambda old: _replace(old, metadata=merged(old.metadata, change))
        )

    def _changed(
        self,
        account: str,
        container: str,
        name: str,
        version: str | None,
        change: Callable[[ObjectRecord], ObjectRecord],
    ) -> ObjectRecord | None:
        found = self.find(account, container)
        old = None if found is None else self._at(found, name, version)
        if found is None or old is None or old.marker:
            return None
        new = change(old)
        found.names[name] = [new if r.version == old.version else r for r in found.names[name]]
        return new

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
        found = self.find(account, container)
        if found is None:
            return Deletion()
        old = self._at(found, name, version)
        self._check(old, absent=False, if_etag=if_etag)
        if stamp and (old is None or old.stamp != stamp):
            return Deletion()
        if version is not None or not found.record.versioning:
            if old is not None:
                locks.check(old.metadata, self.now() // TICKS, bypass=bypass)
            kept = [r for r in found.names.get(name, []) if old is None or r.version != old.version]
            found.names[name] = kept
            if not kept:
                del found.names[name]
            return Deletion(gone=old)
        made = self._stamp(found, name)
        named = f"{made:020}" if found.record.versioning == "enabled" else ""
        marker = ObjectRecord(name, made, 0, "", "", {}, 0, "", None, account, container, named, marker=True)
        self._add(found, marker)
        return Deletion(gone=old, marker=marker)

    async def read(
        self, record: ObjectRecord, start: int, length: int, key: bytes | None = None
    ) -> AsyncIterator[bytes]:
        """Some of an object's bytes."""
        yield self.contents.open(record, key)[start : start + length]

    def file(self, record: ObjectRecord) -> Path | None:
        """There are no files."""
        return None

    async def expired(self, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
        """Objects whose time has come."""
        found = [
            (account, name, _replace(record, latest=record is versions[-1]))
            for account, kept in self.kept.items()
            for name, container in kept.containers.items()
            for versions in container.names.values()
            for record in versions
            if 0 < record.delete_at <= second and not locks.locked(record.metadata, second)
        ]
        return found[:limit]
