"""Who gets at an object: by token, by the container's access list, by a signed address, or to copy a container."""

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.object_store.access import temporary
from pileus.object_store.containers.logic import Containers
from pileus.object_store.storage.protocol import ContainerRecord, Storage
from pileus.object_store.sync.receiving import Receiving, moment
from pileus.object_store.wire import answers, names

Place = tuple[str, str, str]


class Entry(msgspec.Struct, frozen=True):
    """How somebody got in.

    Attributes:
        container: the object's container.
        place: the object.
        signed: by whose key, for those with a signed address: "account", "container" or empty.
        stamp: the moment of the object where it is copied from, for container sync; 0 for others.
    """

    container: ContainerRecord
    place: Place
    signed: str = ""
    stamp: int = 0


class Door:
    """Lets requests in.

    Args:
        digests: those that signatures may use.
    """

    def __init__(
        self, storage: Storage, containers: Containers, receiving: Receiving, digests: tuple[str, ...]
    ) -> None:
        self._storage = storage
        self._containers = containers
        self._receiving = receiving
        self.digests = digests

    def reseller(self, call: Call) -> bool:
        """Whether the caller may do everything everywhere."""
        return self._containers.access.reseller(call.who)

    async def enter(self, call: Call, place: Place) -> Entry:
        """Let a request in to the object in its path.

        Raises:
            Unauthorized, Forbidden: it may not.
            NotFound: there is no container.
        """
        names.check(call, *place)
        if self._receiving.asked(call):
            found = await self._storage.container(*place[:2])
            self._receiving.require(call, found)
            assert found is not None
            return Entry(found, place, stamp=moment(call, answers.now(call.world)))
        if temporary.asked(call):
            found = await self._storage.container(*place[:2])
            if found is None:
                raise Unauthorized
            account = await self._storage.account(place[0])
            return Entry(found, place, temporary.require(call, place, account, found, self.digests))
        container, _owner = await self._containers.enter(call, *place[:2], object=True)
        if container is None:
            raise NotFound
        return Entry(container, place)

    async def also(self, call: Call, method: str, place: Place, entry: Entry | None = None) -> ContainerRecord:
        """Let a request in to another object that it names.

        Raises:
            Unauthorized, Forbidden: it may not.
            NotFound: there is no container.
        """
        names.check_names(*place)
        if entry is not None and entry.signed and method == "GET":
            reach = 1 if entry.signed == "account" else 2
            if place[:reach] != entry.place[:reach]:
                raise Unauthorized
            container = await self._storage.container(*place[:2])
        else:
            container = await self._containers.may(call, method, place)
        if container is None:
            raise NotFound
        return container
