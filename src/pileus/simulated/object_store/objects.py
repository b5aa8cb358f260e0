"""Accounts, containers and objects in dictionaries.

Of each name all versions are kept in a list, the oldest first; in a container without versions that is one at the most.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from pileus.kernel.world import World
from pileus.object_store.storage.protocol import Place, Upload
from pileus.object_store.storage.records import (
    TICKS,
    AccountRecord,
    AlreadyThere,
    Change,
    ContainerRecord,
    Deletion,
    Draft,
    Newer,
    NoContainer,
    NotEmpty,
    ObjectRecord,
    OtherObject,
    Query,
    Subdir,
    Usage,
)
from pileus.simulated.object_store.contents import Contents, MemoryUpload
from pileus.simulated.object_store.pages import merged, page_of, sum_of

_replace = msgspec.structs.replace


class _Container:
    def __init__(self, record: ContainerRecord) -> None:
        self.record = record
        self.names: dict[str, list[ObjectRecord]] = {}

    def current(self, name: str) -> ObjectRecord | None:
        """The object of a name, unless a marker hides it."""
        kept = self.names.get(name)
        return kept[-1] if kept and not kept[-1].marker else None

    def shown(self) -> ContainerRecord:
        """The record with what lies in it."""
        every = [record for kept in self.names.values() for record in kept]
        count = sum(self.current(name) is not None for name in self.names)
        return _replace(self.record, usage=Usage(count, sum(record.size for record in every)))


class _Account:
    def __init__(self, created: int) -> None:
        self.created = created
        self.metadata: dict[str, str] = {}
        self.containers: dict[str, _Container] = {}


class MemoryObjects:
    """A storage without uploads of several parts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._accounts: dict[str, _Account] = {}
        self._claims: dict[str, str] = {}
        self.contents = Contents(world.ids)

    async def start(self) -> None:
        """Nothing is to be done."""

    async def stop(self) -> None:
        """Nothing is to be done."""

    def now(self) -> int:
        """The moment that it is."""
        return int(self.world.clock.now().timestamp() * TICKS)

    # ---- accounts and containers

    async def account(self, account: str) -> AccountRecord | None:
        """An account."""
        found = self._accounts.get(account)
        if found is None:
            return None
        policies: dict[str, tuple[int, Usage]] = {}
        for container in found.containers.values():
            shown = container.shown()
            count, usage = policies.get(shown.policy, (0, Usage()))
            policies[shown.policy] = (count + 1, sum_of(usage, shown.usage))
        total = Usage()
        for _, usage in policies.values():
            total = sum_of(total, usage)
        return AccountRecord(account, found.created, len(found.containers), total, policies, dict(found.metadata))

    async def change_account(self, account: str, change: Change) -> bool:
        """Change metadata; whether the account was made."""
        made = account not in self._accounts
        found = self._accounts.setdefault(account, _Account(self.now()))
        found.metadata = merged(found.metadata, change)
        return made

    async def delete_account(self, account: str) -> bool:
        """Forget an account."""
        self._claims = {bucket: owner for bucket, owner in self._claims.items() if owner != account}
        return self._accounts.pop(account, None) is not None

    async def containers(self, account: str, query: Query) -> list[ContainerRecord | Subdir]:
        """A page of containers."""
        found = self._accounts.get(account)
        kept = found.containers if found is not None else {}
        return page_of(kept, query, lambda row: row[1].shown())

    async def container(self, account: str, container: str) -> ContainerRecord | None:
        """A container."""
        found = self._container(account, container)
        return None if found is None else found.shown()

    def _container(self, account: str, container: str) -> _Container | None:
        found = self._accounts.get(account)
        return None if found is None else found.containers.get(container)

    def need(self, account: str, container: str) -> _Container:
        """A container that must be there.

        Raises:
            NoContainer: see there.
        """
        found = self._container(account, container)
        if found is None:
            raise NoContainer
        return found

    async def put_container(
        self, account: str, container: str, policy: str, change: Change, *, versioning: str | None = None
    ) -> bool:
        """Make a container or change its metadata."""
        await self.change_account(account, {})
        made = self._container(account, container) is None
        if made:
            now = self.now()
            record = ContainerRecord(container, now, now, policy, Usage(), {})
            self._accounts[account].containers[container] = _Container(record)
        await self.change_container(account, container, change, versioning=versioning)
        return made

    async def change_container(
        self, account: str, container: str, change: Change, *, versioning: str | None = None
    ) -> None:
        """Change a container's metadata."""
        found = self.need(account, container)
        old = found.record
        found.record = _replace(
            old,
            metadata=merged(old.metadata, change),
            changed=self.now(),
            versioning=old.versioning if versioning is None else versioning,
        )

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container."""
        if self.need(account, container).names:
            raise NotEmpty
        del self._accounts[account].containers[container]
        await self.release(container, account)

    async def claim(self, bucket: str, account: str) -> str:
        """Give a name to an account, if nobody has it."""
        return self._claims.setdefault(bucket, account)

    async def claimed(self, bucket: str) -> str | None:
        """The account that has a name."""
        return self._claims.get(bucket)

    async def release(self, bucket: str, account: str) -> None:
        """Give a name up."""
        if self._claims.get(bucket) == account:
            del self._claims[bucket]

    # ---- objects

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
        found = self._container(account, container)
        record = None if found is None else self._at(found, name, version)
        if record is None or not content or record.marker or (record.locked and key is None):
            return record
        return _replace(record, content=self.contents.open(record, key))

    def _at(self, container: _Container, name: str, version: str | None) -> ObjectRecord | None:
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

    def _stamp(self, container: _Container, name: str, wanted: int = 0) -> int:
        newest = max((record.stamp for record in container.names.get(name, [])), default=0)
        if 0 < wanted <= newest:
            raise Newer
        return max(wanted or self.now(), newest + 1)

    def _add(self, container: _Container, record: ObjectRecord) -> None:
        """Put a record on top; the null version of that name goes if this is one."""
        kept = container.names.setdefault(record.name, [])
        if not record.version:
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
        found = self._container(account, container)
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
    ) -> Deletion:
        """Forget an object."""
        found = self._container(account, container)
        if found is None:
            return Deletion()
        old = self._at(found, name, version)
        self._check(old, absent=False, if_etag=if_etag)
        if stamp and (old is None or old.stamp != stamp):
            return Deletion()
        if version is not None or not found.record.versioning:
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
            for account, kept in self._accounts.items()
            for name, container in kept.containers.items()
            for versions in container.names.values()
            for record in versions
            if 0 < record.delete_at <= second
        ]
        return found[:limit]
