"""Who gets at an object: by token, by the container's access list, or by a signed address."""

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.object_store.containers.logic import Containers
from pileus.object_store.objects import temporary
from pileus.object_store.storage.protocol import ContainerRecord, Storage
from pileus.object_store.wire import names

Place = tuple[str, str, str]


class Entry(msgspec.Struct, frozen=True):
    """How somebody got in.

    Attributes:
        container: the object's container.
        place: the object.
        signed: by whose key, for those with a signed address: "account", "container" or empty.
    """

    container: ContainerRecord
    place: Place
    signed: str = ""


class Door:
    """Lets requests in."""

    def __init__(self, storage: Storage, containers: Containers) -> None:
        self._storage = storage
        self._containers = containers

    async def enter(self, call: Call, place: Place) -> Entry:
        """Let a request in to the object in its path.

        Raises:
            Unauthorized, Forbidden: it may not.
            NotFound: there is no container.
        """
        names.check(call, *place)
        if temporary.asked(call):
            found = await self._storage.container(*place[:2])
            if found is None:
                raise Unauthorized
            account = await self._storage.account(place[0])
            return Entry(found, place, temporary.require(call, place, account, found))
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
