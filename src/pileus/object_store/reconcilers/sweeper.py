"""Files that no object has any more are removed."""

from pileus.object_store.storage.files import FileStorage


class Sweeper:
    """Removes the files of objects that were overwritten or deleted a while ago."""

    name = "object-sweeper"
    interval = 60.0
    topics: tuple[str, ...] = ()

    def __init__(self, storage: FileStorage) -> None:
        self._storage = storage

    async def converge(self) -> int:
        """Remove what nobody can be reading from its start any more; how many."""
        return await self._storage.sweep()
