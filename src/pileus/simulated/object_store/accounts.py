"""Accounts and containers in dictionaries."""

import itertools

import msgspec

from pileus.kernel.world import World
from pileus.object_store.storage import locks
from pileus.object_store.storage.records import (
    TICKS,
    AccountRecord,
    Change,
    ContainerRecord,
    NoContainer,
    NotEmpty,
    ObjectRecord,
    Query,
    Subdir,
    Usage,
)
from pileus.simulated.object_store.pages import merged, page_of, sum_of

_replace = msgspec.structs.replace


class Container:
    """A container with the versions of its objects, of each name the oldest first."""

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


class Account:
    """An account with its containers."""

    def __init__(self, created: int) -> None:
        self.created = created
        self.metadata: dict[str, str] = {}
        self.containers: dict[str, Container] = {}


class MemoryAccounts:
    """The accounts, containers and claims of a simulation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept: dict[str, Account] = {}
        self._claims: dict[str, str] = {}

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
        found = self.kept.get(account)
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
        made = account not in self.kept
        found = self.kept.setdefault(account, Account(self.now()))
        found.metadata = merged(found.metadata, change)
        return made

    async def delete_account(self, account: str) -> bool:
        """Forget an account."""
        for container in self.kept[account].containers.values() if account in self.kept else ():
            for record in itertools.chain.from_iterable(container.names.values()):
                locks.check(record.metadata, self.now() // TICKS)
        self._claims = {bucket: owner for bucket, owner in self._claims.items() if owner != account}
        return self.kept.pop(account, None) is not None

    async def containers(self, account: str, query: Query) -> list[ContainerRecord | Subdir]:
        """A page of containers."""
        found = self.kept.get(account)
        kept = found.containers if found is not None else {}
        return page_of(kept, query, lambda row: row[1].shown())

    async def container(self, account: str, container: str) -> ContainerRecord | None:
        """A container."""
        found = self.find(account, container)
        return None if found is None else found.shown()

    def find(self, account: str, container: str) -> Container | None:
        """A container, if there is one."""
        found = self.kept.get(account)
        return None if found is None else found.containers.get(container)

    def need(self, account: str, container: str) -> Container:
        """A container that must be there.

        Raises:
            NoContainer: see there.
        """
        found = self.find(account, container)
        if found is None:
            raise NoContainer
        return found

    async def put_container(
        self, account: str, container: str, policy: str, change: Change, *, versioning: str | None = None
    ) -> bool:
        """Make a container or change its metadata."""
        await self.change_account(account, {})
        made = self.find(account, container) is None
        if made:
            now = self.now()
            record = ContainerRecord(container, now, now, policy, Usage(), {})
            self.kept[account].containers[container] = Container(record)
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
        del self.kept[account].containers[container]
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
