"""The journal does not grow for ever: runs that ended long ago are forgotten, a bounded number at a time."""

from datetime import timedelta

from sqlalchemy import delete, select

from pileus.kernel.operations.journal import OPERATIONS
from pileus.kernel.store import Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

AT_ONCE = 500


class Retention:
    """A reconciler: no ended run is older than `days`.

    Instance actions and traces are read from the journal, so they reach as far back.
    """

    name = "operations.retention"
    interval = 600.0
    topics: tuple[str, ...] = ()

    def __init__(self, store: Store, world: World, *, days: int = 30) -> None:
        self._store = store
        self._world = world
        self._days = days

    async def converge(self) -> int:
        """Forget the oldest; how many."""
        before = self._world.clock.now() - timedelta(days=self._days)
        old = select(OPERATIONS.c.id).where(OPERATIONS.c.finished_at < before).order_by(OPERATIONS.c.finished_at)

        async def forget(tx: Tx) -> int:
            ids = [row["id"] for row in await tx.all(old.limit(AT_ONCE))]
            return await tx.run(delete(OPERATIONS).where(OPERATIONS.c.id.in_(ids))) if ids else 0

        return await retrying(self._store, forget)
