"""What containers show and take, and who may enter them."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.kernel.api.formats import is_whole
from pileus.object_store.access import lists as access_lists
from pileus.object_store.access.decision import READS, Access
from pileus.object_store.containers.schema import META, READ, WRITE
from pileus.object_store.storage.protocol import (
    ContainerRecord,
    NoContainer,
    NotEmpty,
    ObjectRecord,
    Storage,
    Subdir,
)
from pileus.object_store.wire import metadata, moments
from pileus.object_store.wire.lists import query_of

POLICY = "Policy-0"
"""The one storage policy."""
SECRET = frozenset({"temp-url-key", "temp-url-key-2"})
"""Metadata that guests do not see."""


class Containers:
    """The containers of a storage."""

    def __init__(self, storage: Storage, access: Access) -> None:
        self._storage = storage
        self._access = access

    async def enter(
        self, call: Call, account: str, container: str, *, object: bool = False
    ) -> tuple[ContainerRecord | None, bool]:
        """A container and whether the caller is at home in its account; raises unless the caller may.

        Raises:
            Unauthorized, Forbidden: the caller may not; strangers cannot tell whether there is such a container.
        """
        record = await self._storage.container(account, container)
        return record, self._decide(call, call.request.method, account, record, object=object)

    async def may(self, call: Call, method: str, place: tuple[str, str, str]) -> ContainerRecord | None:
        """The container of an object that a request reads or writes besides the one in its path.

        Raises:
            Unauthorized, Forbidden: the caller may not.
        """
        record = await self._storage.container(*place[:2])
        self._decide(call, method, place[0], record, object=True)
        return record

    def _decide(self, call: Call, method: str, account: str, record: ContainerRecord | None, *, object: bool) -> bool:
        acl = ""
        if record is not None and (object or method in READS):
            acl = record.metadata.get(READ if method in READS else WRITE, "")
        referrer = call.request.headers.get("referer", "")
        return self._access.require(call.who, method, account, acl=acl, referrer=referrer, object=object)

    async def put(self, call: Call, account: str, container: str) -> bool:
        """Make a container or change its metadata; whether it was made.

        Raises:
            BadRequest: there is no such policy, or the metadata are too much.
            Conflict: the container has another policy.
        """
        policy = call.given.get("policy", "")
        if policy and policy.lower() != POLICY.lower():
            raise BadRequest(f"Invalid X-Storage-Policy {policy!r}")
        change = _changes(call)
        old = await self._storage.container(account, container)
        if old is not None and policy and old.policy.lower() != policy.lower():
            raise Conflict
        metadata.check_change("container", old.metadata if old else {}, change)
        return await self._storage.put_container(account, container, POLICY, change)

    async def change(self, call: Call, account: str, container: str) -> None:
        """Change a container's metadata.

        Raises:
            NotFound: there is none.
            BadRequest: the metadata are too much.
        """
        change = _changes(call)
        old = await self._storage.container(account, container)
        try:
            metadata.check_change("container", old.metadata if old else {}, change)
            await self._storage.change_container(account, container, change)
        except NoContainer:
            raise NotFound from None

    async def objects(self, call: Call, account: str, container: str) -> list[dict[str, Any]]:
        """The page of objects that a request asks for, as lists show them."""
        try:
            found = await self._storage.objects(account, container, query_of(call))
        except NoContainer:
            raise NotFound from None
        return [{"subdir": entry.name} if isinstance(entry, Subdir) else _entry(entry) for entry in found]

    async def make_as(self, call: Call, account: str, container: str) -> None:
        """Make a container in one of several steps of a request, if there is none.

        Raises:
            Unauthorized, Forbidden: the caller may not.
        """
        if await self._storage.container(account, container) is None:
            at_home(self._access.require(call.who, "PUT", account))
            await self._storage.put_container(account, container, POLICY, {})

    async def delete_as(self, call: Call, account: str, container: str) -> None:
        """Forget an empty container in one of several steps of a request.

        Raises:
            Unauthorized, Forbidden: the caller may not.
            NotFound, Conflict: see `delete`.
        """
        at_home(self._access.require(call.who, "DELETE", account))
        await self.delete(account, container)

    async def delete(self, account: str, container: str) -> None:
        """Forget an empty container.

        Raises:
            NotFound: there is none.
            Conflict: it holds objects.
        """
        try:
            await self._storage.delete_container(account, container)
        except NoContainer:
            raise NotFound from None
        except NotEmpty:
            raise Conflict from None


def _changes(call: Call) -> dict[str, str | None]:
    given = call.given
    change = metadata.changes("container", given)
    for key in ("quota-bytes", "quota-count"):
        value = change.get(META + key)
        if value is not None and not is_whole(value):
            raise BadRequest(f"Invalid {key.replace('-', ' ')}.")
    for name, header, key in (("read", "Read", READ), ("write", "Write", WRITE)):
        if name in given:
            change[key] = access_lists.clean(header, given[name]) or None
        elif f"remove_{name}" in given:
            change[key] = None
    return change


def _entry(record: ObjectRecord) -> dict[str, Any]:
    entry = {
        "name": record.name,
        "hash": record.etag,
        "bytes": record.size,
        "content_type": record.content_type,
        "last_modified": moments.iso(record.stamp),
    }
    etag, colon, size = record.metadata.get("sysmeta-static", "").partition(":")
    return {**entry, "bytes": int(size), "slo_etag": f'"{etag}"'} if colon else entry


def shown(container: ContainerRecord, *, owner: bool) -> dict[str, Any]:
    """A container as its headers show it."""
    meta = metadata.below(container.metadata, META)
    return {
        "meta": meta if owner else {name: value for name, value in meta.items() if name not in SECRET},
        "read": container.metadata.get(READ) if owner else None,
        "write": container.metadata.get(WRITE) if owner else None,
        "policy": container.policy,
        "objects": container.usage.objects,
        "bytes": container.usage.bytes,
        "stamp": moments.stamp(container.created),
        "modified": moments.modified(container.changed),
        "ranges": "bytes",
    }


def at_home(owner: bool) -> None:
    """Raise unless the caller is at home: an access list lets nobody change the container itself.

    Raises:
        Forbidden: it is not.
    """
    if not owner:
        raise Forbidden
