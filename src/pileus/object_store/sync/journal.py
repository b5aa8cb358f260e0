"""What is still to be copied: a note for each object that changed in a container which goes somewhere.

Notes are empty objects of their own hidden account, one container for each that is copied, named like the objects:
however often an object changes, it is looked at once.  A note is written before the change that it is about, and
looked at a little later.
"""

from urllib.parse import quote, unquote

import msgspec

from pileus.object_store.containers.schema import SYNC_TO
from pileus.object_store.storage.protocol import ContainerRecord, Draft, NoContainer, ObjectRecord, Query, Storage

ACCOUNT = ".sync"
"""Where notes lie: no project's account starts so."""
WALK = "sysmeta-walk"
"""Says of a container of notes that notes of what is in its source already are still to be written."""
PAGE = 1000


class Journal:
    """Notes of what is to be copied."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def note(self, account: str, container: ContainerRecord, name: str) -> None:
        """An object is about to change, or to go."""
        if SYNC_TO not in container.metadata:
            return
        try:
            await self._write(_home(account, container.name), name)
        except NoContainer:
            await self.begin(account, container.name)
            await self._write(_home(account, container.name), name)

    async def _write(self, home: str, name: str) -> None:
        upload = self._storage.upload(ACCOUNT, home, name)
        await upload.seal()
        await self._storage.put_object(ACCOUNT, home, name, upload, Draft("text/plain", {}))

    async def begin(self, account: str, container: str) -> None:
        """A container goes somewhere from now on, with what is in it already."""
        await self._storage.put_container(ACCOUNT, _home(account, container), "", {WALK: "yes"})

    async def sources(self) -> list[tuple[str, str]]:
        """Account and container of everything that has notes."""
        found, marker = [], ""
        while page := await self._storage.containers(ACCOUNT, Query(marker=marker, limit=PAGE)):
            marker = page[-1].name
            found += [_source(record.name) for record in page]
        return found

    async def walk(self, account: str, container: str) -> None:
        """Write notes of what is in a container, if that is still to be done."""
        home = _home(account, container)
        record = await self._storage.container(ACCOUNT, home)
        if record is None or WALK not in record.metadata:
            return
        query = Query(limit=PAGE)
        while page := await self._storage.objects(account, container, query):
            for item in page:
                await self._write(home, item.name)
            query = msgspec.structs.replace(query, marker=page[-1].name)
        await self._storage.change_container(ACCOUNT, home, {WALK: None})

    async def notes(self, account: str, container: str, before: int, after: str = "") -> list[ObjectRecord]:
        """A page of notes that were written before a moment, of names behind one."""
        home = _home(account, container)
        page = await self._storage.objects(ACCOUNT, home, Query(marker=after, limit=PAGE))
        return [item for item in page if isinstance(item, ObjectRecord) and item.stamp <= before]

    async def done(self, account: str, container: str, note: ObjectRecord) -> None:
        """What a note was about is copied; a later note of the same object stays."""
        await self._storage.delete_object(ACCOUNT, _home(account, container), note.name, note.stamp)

    async def end(self, account: str, container: str) -> None:
        """A container goes nowhere any more: forget its notes."""
        home = _home(account, container)
        while page := await self._storage.objects(ACCOUNT, home, Query(limit=PAGE)):
            for item in page:
                await self._storage.delete_object(ACCOUNT, home, item.name)
        await self._storage.delete_container(ACCOUNT, home)


def _home(account: str, container: str) -> str:
    return f"{quote(account, safe='')}/{container}"


def _source(home: str) -> tuple[str, str]:
    account, _, container = home.partition("/")
    return unquote(account), container
