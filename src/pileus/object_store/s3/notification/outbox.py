"""What S3 keeps for itself: small notes by name, as objects of an account that nobody can reach.

A note is on disk when `put` returns, whichever of the processes that serve the same storage wrote it.
"""

import msgspec

from pileus.object_store.storage.protocol import Draft, NoContainer, ObjectRecord, Query, Storage

ACCOUNT = ".s3"


class Notes:
    """The notes of one kind.

    Args:
        kind: their container.
    """

    def __init__(self, storage: Storage, kind: str) -> None:
        self._storage = storage
        self._kind = kind

    async def put(self, name: str, value: object) -> None:
        """Keep a note."""
        upload = self._storage.upload(ACCOUNT, self._kind, name)
        try:
            await upload.add(msgspec.json.encode(value))
            await upload.seal()
            draft = Draft("application/json", {})
            try:
                await self._storage.put_object(ACCOUNT, self._kind, name, upload, draft)
            except NoContainer:
                await self._storage.put_container(ACCOUNT, self._kind, "", {})
                await self._storage.put_object(ACCOUNT, self._kind, name, upload, draft)
        finally:
            await upload.abandon()

    async def names(self, after: str = "", limit: int = 1000) -> list[str]:
        """Names of notes, in their order."""
        try:
            found = await self._storage.objects(ACCOUNT, self._kind, Query(marker=after, limit=limit))
        except NoContainer:
            return []
        return [item.name for item in found if isinstance(item, ObjectRecord)]

    async def get(self, name: str) -> bytes | None:
        """A note."""
        record = await self._storage.object(ACCOUNT, self._kind, name, content=True)
        if record is None:
            return None
        return b"".join([chunk async for chunk in self._storage.read(record, 0, record.size)])

    async def remove(self, name: str) -> None:
        """Forget a note."""
        try:
            await self._storage.delete_object(ACCOUNT, self._kind, name)
        except NoContainer:
            return
