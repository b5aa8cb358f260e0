"""What containers show and take, and who may enter them."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.object_store.access import grants
from pileus.object_store.access.decision import READS, Access
from pileus.object_store.containers import changes
from pileus.object_store.containers.policies import Policies
from pileus.object_store.containers.schema import HISTORY, META, READ, STACK, SYNC_KEY, SYNC_TO, WRITE
from pileus.object_store.storage.protocol import ContainerRecord, NoContainer, NotEmpty, Storage
from pileus.object_store.sync.journal import Journal
from pileus.object_store.sync.realms import Realms
from pileus.object_store.wire import metadata, moments
from pileus.object_store.wire.metadata import QUOTED_ETAGS


class Containers:
    """The containers of a storage."""

    def __init__(self, storage: Storage, access: Access, policies: Policies, realms: Realms, journal: Journal) -> None:
        self._storage = storage
        self._journal = journal
        self.access = access
        self._policies = policies
        self._realms = realms

    async def enter(
        self, call: Call, account: str, container: str, *, object: bool = False
    ) -> tuple[ContainerRecord | None, bool]:
        """A container and whether the caller may do everything in its account; raises unless the caller may.

        Raises:
            Unauthorized, Forbidden: the caller may not; strangers cannot tell whether there is such a container.
        """
        record = await self._storage.container(account, container)
        return record, await self._decide(call, call.request.method, account, record, object=object)

    async def may(self, call: Call, method: str, place: tuple[str, str, str]) -> ContainerRecord | None:
        """The container of an object that a request reads or writes besides the one in its path.

        Raises:
            Unauthorized, Forbidden: the caller may not.
        """
        record = await self._storage.container(*place[:2])
        await self._decide(call, method, place[0], record, object=True)
        return record

    async def _decide(
        self, call: Call, method: str, account: str, record: ContainerRecord | None, *, object: bool
    ) -> bool:
        if self.access.owner(call.who, account):  # what nearly everybody is needs no second look
            return self.access.require(call.who, method, account, container=True)
        owner = await self._storage.account(account)
        acl = ""
        if record is not None and (object or method in READS):
            acl = record.metadata.get(READ if method in READS else WRITE, "")
        return self.access.require(
            call.who,
            method,
            account,
            grants=owner.metadata.get(grants.STORED, "") if owner is not None else "",
            acl=acl,
            referrer=call.request.headers.get("referer", ""),
            container=True,
            object=object,
        )

    async def put(self, call: Call, account: str, container: str) -> bool:
        """Make a container or change its metadata; whether it was made.

        Raises:
            BadRequest: there is no such policy, or the metadata are too much.
            Conflict: the container has another policy.
        """
        old = await self._storage.container(account, container)
        policy = self._policy(call.given.get("policy", ""), old)
        change, versioning = changes.of(call, old, self._realms)
        made = await self._storage.put_container(account, container, policy, change, versioning=versioning)
        if change.get(SYNC_TO):
            await self._journal.begin(account, container)
        return made

    def _policy(self, named: str, old: ContainerRecord | None) -> str:
        if not named:
            return old.policy if old is not None else self._policies.default
        found = self._policies.find(named)
        if found is None:
            raise BadRequest(f"Invalid X-Storage-Policy {named!r}")
        if old is not None and old.policy != found.name:
            raise Conflict
        if old is None and found.deprecated:
            raise BadRequest(f"Storage Policy {found.name!r} is deprecated")
        return found.name

    async def change(self, call: Call, account: str, container: str) -> None:
        """Change a container's metadata.

        Raises:
            NotFound: there is none.
            BadRequest: the metadata are too much.
        """
        old = await self._storage.container(account, container)
        if old is None:
            raise NotFound
        change, versioning = changes.of(call, old, self._realms)
        try:
            await self._storage.change_container(account, container, change, versioning=versioning)
        except NoContainer:
            raise NotFound from None
        if change.get(SYNC_TO):
            await self._journal.begin(account, container)

    async def make_as(self, call: Call, account: str, container: str) -> None:
        """Make a container in one of several steps of a request, if there is none.

        Raises:
            Unauthorized, Forbidden: the caller may not.
        """
        if await self._storage.container(account, container) is None:
            at_home(await self._decide(call, "PUT", account, None, object=False))
            await self._storage.put_container(account, container, self._policies.default, {})

    async def delete_as(self, call: Call, account: str, container: str) -> None:
        """Forget an empty container in one of several steps of a request.

        Raises:
            Unauthorized, Forbidden: the caller may not.
            NotFound, Conflict: see `delete`.
        """
        at_home(await self._decide(call, "DELETE", account, None, object=False))
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
            found = await self._storage.container(account, container)
            if found is not None and found.versioning and not found.usage.objects:
                raise Conflict("Delete all versions before deleting container.") from None
            raise Conflict from None


def shown(container: ContainerRecord, *, owner: bool) -> dict[str, Any]:
    """A container as its headers show it."""
    kept = container.metadata
    meta = metadata.below(kept, META)
    versions = {"enabled": "True", "suspended": "False"}.get(container.versioning)
    return {
        "meta": meta if owner else {name: value for name, value in meta.items() if name not in metadata.KEYS},
        "read": kept.get(READ) if owner else None,
        "write": kept.get(WRITE) if owner else None,
        "sync_to": kept.get(SYNC_TO) if owner else None,
        "sync_key": kept.get(SYNC_KEY) if owner else None,
        "versions": versions,
        "stack": kept.get(STACK),
        "push": kept.get(HISTORY),
        "quoted": kept.get(QUOTED_ETAGS),
        "policy": container.policy,
        "objects": container.usage.objects,
        "bytes": container.usage.bytes,
        "stamp": moments.stamp(container.created),
        "modified": moments.modified(container.changed),
        "ranges": "bytes",
    }


def at_home(owner: bool) -> None:
    """Raise unless the caller may do everything: an access list lets nobody change the container itself.

    Raises:
        Forbidden: it may not.
    """
    if not owner:
        raise Forbidden
