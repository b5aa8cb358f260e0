"""Tasks that ended long enough ago are forgotten."""

from pileus.image.tasks.logic import Tasks
from pileus.kernel.store import Store
from pileus.kernel.store.database import retrying


class TaskExpiry:
    """Removes expired tasks; lists leave them out before it comes."""

    name = "image.task-expiry"
    interval = 600.0
    topics: tuple[str, ...] = ()

    def __init__(self, store: Store, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks

    async def converge(self) -> int:
        """Forget what has expired; how many."""
        return await retrying(self._store, self._tasks.expire)
