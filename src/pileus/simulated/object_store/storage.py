"""The whole storage in memory: objects, and uploads of several parts."""

from collections.abc import Sequence

import msgspec

from pileus.kernel.world import World
from pileus.object_store.storage.protocol import Upload
from pileus.object_store.storage.records import (
    Change,
    Draft,
    NoContainer,
    NoPart,
    NoUpload,
    ObjectRecord,
    PartRecord,
    Query,
    Subdir,
    UploadRecord,
)
from pileus.simulated.object_store.contents import MemoryUpload
from pileus.simulated.object_store.objects import MemoryObjects
from pileus.simulated.object_store.pages import merged, page_of


class _Going:
    def __init__(self, record: UploadRecord) -> None:
        self.record = record
        self.parts: dict[int, tuple[PartRecord, bytes, bytes | None]] = {}


class MemoryStorage(MemoryObjects):
    """The storage of a simulation."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._going: dict[tuple[str, str], dict[str, _Going]] = {}

    async def delete_account(self, account: str) -> bool:
        """Forget an account."""
        gone = await super().delete_account(account)
        self._going = {place: going for place, going in self._going.items() if place[0] != account}
        return gone

    async def delete_container(self, account: str, container: str) -> None:
        """Forget an empty container, with what is going on in it."""
        await super().delete_container(account, container)
        self._going.pop((account, container), None)

    async def begin_parts(self, account: str, container: str, name: str, draft: Draft) -> str:
        """Begin an upload of several parts."""
        self.need(account, container)
        made = UploadRecord(self.world.ids.hex(), name, self.now(), draft)
        self._going.setdefault((account, container), {})[made.id] = _Going(made)
        return made.id

    def _of(self, account: str, container: str, id: str) -> _Going:
        self.need(account, container)
        found = self._going.get((account, container), {}).get(id)
        if found is None:
            raise NoUpload
        return found

    async def put_part(
        self, account: str, container: str, id: str, number: int, upload: Upload, *, note: str = ""
    ) -> PartRecord:
        """Make an upload one part of several."""
        assert isinstance(upload, MemoryUpload), "an upload belongs to the storage that made it"
        made = PartRecord(number, self.now(), upload.size, upload.etag, note)
        self._of(account, container, id).parts[number] = (made, upload.content, upload.key)
        return made

    async def upload_of_parts(self, account: str, container: str, id: str) -> UploadRecord | None:
        """An upload of several parts."""
        try:
            return self._of(account, container, id).record
        except (NoContainer, NoUpload):
            return None

    async def parts(self, account: str, container: str, id: str, after: int, limit: int) -> list[PartRecord]:
        """The parts of an upload."""
        kept = self._of(account, container, id).parts
        return [kept[number][0] for number in sorted(kept) if number > after][:limit]

    async def uploads(self, account: str, container: str, query: Query) -> list[UploadRecord | Subdir]:
        """Uploads of several parts."""
        self.need(account, container)
        by_name: dict[str, list[UploadRecord]] = {}
        for going in sorted(self._going.get((account, container), {}).values(), key=lambda going: going.record.id):
            by_name.setdefault(going.record.name, []).append(going.record)
        rest = []
        if query.version_marker is not None:
            rest = [record for record in by_name.get(query.marker, []) if record.id > query.version_marker]
        return page_of(by_name, query, lambda row: row[1], ahead=rest)

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
        going = self._of(account, container, id)
        contents, keys = [], []
        for number, wanted in chosen:
            if number not in going.parts or going.parts[number][0].etag != wanted:
                raise NoPart(str(number))
            contents.append(going.parts[number][1])
            keys.append(going.parts[number][2])
        draft = msgspec.structs.replace(going.record.draft, metadata=merged(going.record.draft.metadata, change or {}))
        place, key = (account, container, going.record.name), keys[0] if keys else None
        made = self.place(place, draft, b"".join(contents), etag, key, absent=absent, if_etag=if_etag)
        del self._going[(account, container)][id]
        return made

    async def abandon_parts(self, account: str, container: str, id: str) -> None:
        """End an upload of several parts and forget them."""
        self._of(account, container, id)
        del self._going[(account, container)][id]
