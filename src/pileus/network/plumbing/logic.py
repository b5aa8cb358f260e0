"""Marking what changed: in the change's own transaction, with a wake-up after its commit."""

from pileus.kernel.signals import Signals
from pileus.kernel.store import Tx
from pileus.network.backend.wanted import Kind
from pileus.network.plumbing.table import DIRTY

TOPIC = "network.dirty"


class Changes:
    """Notes which objects the backend must look at again."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    async def mark(self, tx: Tx, kind: Kind, *ids: str) -> None:
        """Note objects of one kind, changed or gone; nothing for no ids."""
        if ids:
            await tx.insert(DIRTY, [{"kind": kind.value, "object_id": each} for each in ids])
            tx.after_commit(self._wake)

    def _wake(self) -> None:
        self._signals.wake(TOPIC)
