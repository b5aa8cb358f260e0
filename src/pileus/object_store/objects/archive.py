"""Swift's older versioning: what is overwritten goes to another container.

`X-Versions-Location` and `X-History-Location` say to which.  What was an object `cat.jpg` lies there as
`007cat.jpg/<its moment>`: the length of the name in three hexadecimal digits, the name, and when it was put.  With the
first, a deletion brings the newest of those back; with the second, the object goes there too, and an empty object of a
type of its own says that it was deleted.
"""

from pileus.kernel.api.errors import PreconditionFailed
from pileus.kernel.world import World
from pileus.object_store.containers.listing import MARKER
from pileus.object_store.containers.schema import HISTORY, STACK
from pileus.object_store.storage.protocol import ContainerRecord, Draft, NoContainer, ObjectRecord, Query, Storage
from pileus.object_store.wire import answers, moments

Place = tuple[str, str, str]


class Archive:
    """Keeps what is overwritten, in containers that say where."""

    def __init__(self, storage: Storage, world: World) -> None:
        self._storage = storage
        self._world = world

    async def keep(self, place: Place, container: ContainerRecord) -> None:
        """Copy what an object is, if there is one, before it is overwritten.

        Raises:
            PreconditionFailed: there is no container to keep it in.
        """
        where = container.metadata.get(STACK) or container.metadata.get(HISTORY)
        old = await self._storage.object(*place, content=True) if where else None
        if where and old is not None:
            await self._copy(old, (place[0], where, _prefix(place[2]) + moments.stamp(old.stamp)))

    async def take(self, place: Place, container: ContainerRecord) -> bool:
        """Do what a deletion does there; whether that was all, and the object itself is to stay.

        Raises:
            PreconditionFailed: there is no container to keep it in.
        """
        if HISTORY in container.metadata:
            await self.keep(place, container)
            await self._mark(place, container.metadata[HISTORY])
        elif STACK in container.metadata:
            return await self._bring_back(place, container.metadata[STACK])
        return False

    async def _bring_back(self, place: Place, where: str) -> bool:
        """Make the newest of what was the object again; a mark of deletion only goes, with what lies under it."""
        kept = await self._kept(place, where)
        if not kept:
            return False
        newest = kept[0]
        if newest.content_type != MARKER:
            return await self._restore(place, where, newest)
        if await self._storage.object(*place) is not None:
            return False
        if len(kept) > 1 and kept[1].content_type != MARKER:
            await self._restore(place, where, kept[1])
        await self._storage.delete_object(place[0], where, newest.name)
        return True

    async def _kept(self, place: Place, where: str) -> list[ObjectRecord]:
        query = Query(prefix=_prefix(place[2]), reverse=True, limit=2)
        try:
            page = await self._storage.objects(place[0], where, query)
        except NoContainer:
            return []
        return [item for item in page if isinstance(item, ObjectRecord)]

    async def _restore(self, place: Place, where: str, record: ObjectRecord) -> bool:
        source = await self._storage.object(place[0], where, record.name, content=True)
        if source is None:
            return False
        await self._copy(source, place)
        await self._storage.delete_object(place[0], where, record.name, source.stamp)
        return True

    async def _copy(self, record: ObjectRecord, to: Place) -> None:
        try:
            await self._storage.copy_object(record, to, Draft(record.content_type, record.metadata, record.delete_at))
        except NoContainer:
            raise PreconditionFailed from None

    async def _mark(self, place: Place, where: str) -> None:
        old = await self._storage.object(*place)
        upload = self._storage.upload(place[0], where, place[2])
        await upload.seal()
        name = _prefix(place[2]) + moments.stamp(old.stamp + 1 if old is not None else answers.now(self._world))
        try:
            await self._storage.put_object(place[0], where, name, upload, Draft(MARKER, {}))
        except NoContainer:
            raise PreconditionFailed from None


def _prefix(name: str) -> str:
    return f"{len(name):03x}{name}/"
