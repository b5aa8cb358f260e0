"""How caches of identity know that the database has moved on.

Every write bumps a topic's number in the database, in its own transaction, and this process's generation once that
is committed.  A cached answer is good while the generation is the one that it was read under.  Where several processes
share a database, the numbers are read at most once a second, so another process's write is seen within that time.
"""

from sqlalchemy import select, update

from pileus.identity.revisions.table import REVISIONS
from pileus.kernel.clock import Clock
from pileus.kernel.store import Store, Tx

ACCESS = "access"
"""Users, projects, roles, assignments, trusts, application credentials: who may what."""
CATALOG = "catalog"
"""Regions, services, endpoints."""


class Revisions:
    """The generations of this process.

    Args:
        shared: whether other processes write to the same database.
        interval: seconds between two looks at what they wrote; 0 looks each time.
    """

    def __init__(self, store: Store, clock: Clock, *, shared: bool, interval: float = 1.0) -> None:
        self._store = store
        self._clock = clock
        self._shared = shared
        self._seen: dict[str, int] = {}
        self._checked = float("-inf")
        self._interval = interval
        self.generation = 0
        self.catalog = 0

    async def changed(self, tx: Tx, topic: str = ACCESS) -> None:
        """Declare that the transaction changes something of the topic."""
        bumped = update(REVISIONS).where(REVISIONS.c.topic == topic).values(number=REVISIONS.c.number + 1)
        if not await tx.run(bumped):
            await tx.insert(REVISIONS, {"topic": topic, "number": 1})
        tx.after_commit(lambda: self._bump(topic))

    def _bump(self, topic: str) -> None:
        self.generation += 1
        if topic == CATALOG:
            self.catalog += 1

    async def fresh(self) -> int:
        """The generation, after a look at the database where one is due."""
        if self._shared and self._clock.monotonic() - self._checked >= self._interval:
            async with self._store.read() as tx:
                numbers = {row["topic"]: row["number"] for row in await tx.all(select(REVISIONS))}
            self._checked = self._clock.monotonic()
            for topic, number in numbers.items():
                if self._seen.get(topic) != number:
                    self._bump(topic)
            self._seen = numbers
        return self.generation

    @property
    def due(self) -> bool:
        """Whether the database should be looked at before a cached answer is used."""
        return self._shared and self._clock.monotonic() - self._checked >= self._interval
