"""Keeps what may be used once from being used again, on every process of the cloud."""

import hashlib
from datetime import datetime

from sqlalchemy import delete

from pileus.identity.once.table import USED
from pileus.kernel.clock import Clock
from pileus.kernel.store import DuplicateRow, Store, Tx
from pileus.kernel.store.database import retrying


class Once:
    """The uses so far.  What has ended by itself is forgotten, so that the table does not grow."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def use(self, kind: str, value: str, until: datetime) -> bool:
        """Use something; whether this was the first time.

        Args:
            until: when it is no good any more, used or not.
        """

        async def write(tx: Tx) -> bool:
            await tx.run(delete(USED).where(USED.c.expires_at < self._clock.now()))
            digest = hashlib.sha256(f"{kind}\0{value}".encode("utf-8", "surrogatepass")).hexdigest()
            try:
                async with tx.savepoint():
                    await tx.insert(USED, {"digest": digest, "expires_at": until})
            except DuplicateRow:
                return False
            return True

        return await retrying(self._store, write)
