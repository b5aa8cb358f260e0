"""Objects whose time has come are removed.  Until then they are there but nobody sees them."""

from pileus.kernel.world import World
from pileus.object_store.storage.protocol import Locked, Storage

TOGETHER = 200
"""Objects looked up at once."""


class Expirer:
    """Removes objects that are past their `X-Delete-At`."""

    name = "object-expirer"
    interval = 30.0
    topics: tuple[str, ...] = ()

    def __init__(self, storage: Storage, world: World) -> None:
        self._storage = storage
        self._world = world

    async def converge(self) -> int:
        """Remove what is due; how many."""
        closed = 0
        while True:
            due = await self._storage.expired(int(self._world.clock.now().timestamp()), TOGETHER)
            for account, container, record in due:
                # only the object that was seen: one that was written meanwhile stays.  Where versions are kept it is
                # hidden first, so that no older one comes back, and goes for good as the older version that it is then
                version = None if record.latest else record.version
                try:
                    done = await self._storage.delete_object(
                        account, container, record.name, record.stamp, version=version
                    )
                except Locked:  # since it was looked up; it is not found again before the lock ends
                    continue
                closed += done.gone is not None
            if len(due) < TOGETHER:
                return closed
