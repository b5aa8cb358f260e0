"""Keeps the status of ports, and of the floating IPs on them, as the backend reports it."""

import asyncio

from sqlalchemy import select

from pileus.kernel import log
from pileus.kernel.signals import Signals
from pileus.kernel.store import Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World
from pileus.network.backend.protocol import NetworkBackend, NetworkBackendError, PortStatus
from pileus.network.door.logic import STATUS_TOPIC
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.ports.table import PORTS
from pileus.network.reconcilers.plumber import APPLIED_IS_ACTIVE

LOG = log.get("network.port-status")

HEARD = "network.port-heard"
"""Woken when the backend said something of a port."""

CHUNK = 2000
_OTHERS = (*APPLIED_IS_ACTIVE, "network:floatingip")


class PortStatusWatch:
    """Hears what happens to ports and writes it down; looks at all of them now and then.

    The backend's news are only a reason to write soon: `ports_up` is what counts in the end.
    """

    name = "network.port-status"
    interval = 20.0
    topics = (HEARD,)

    def __init__(self, store: Store, world: World, signals: Signals, backend: NetworkBackend) -> None:
        self._store = store
        self._world = world
        self._signals = signals
        self._backend = backend
        self._heard: dict[str, PortStatus] = {}
        self._listener: asyncio.Task[None] | None = None
        self._looked_at: float | None = None

    async def converge(self) -> int:
        """Write down what was heard; look at everything where that is due; how many ports changed."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._listen(), name="network.port-news")
            self._looked_at = None
            await asyncio.wait({self._listener}, timeout=0)  # it subscribes before we look
        heard, self._heard = self._heard, {}
        now = self._world.clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= self.interval:
            news = {port: status.up for port, status in (await self._backend.ports_up()).items()}
            changed = await self._write_all(news)
            self._looked_at = now
            return changed
        if not heard:
            return 0
        up = [port for port, status in heard.items() if status.up and not status.gone]
        down = [port for port, status in heard.items() if not status.up]
        return await retrying(self._store, lambda tx: self._write(tx, up, down))

    async def stop(self) -> None:
        """Stop hearing."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None

    async def _listen(self) -> None:
        try:
            async for status in self._backend.port_status():
                self._heard[status.port_id] = status
                self._signals.wake(HEARD)
        except NetworkBackendError as error:
            LOG.warning("the backend tells no more of ports", error=str(error))
            self._signals.wake(HEARD)

    async def _write_all(self, news: dict[str, bool]) -> int:
        async with self._store.read() as tx:
            rows = await tx.all(
                select(PORTS.c.id, PORTS.c.status).where(
                    PORTS.c.device_owner.not_in(_OTHERS), PORTS.c.status.in_(("ACTIVE", "DOWN"))
                )
            )
        up = [row["id"] for row in rows if news.get(row["id"]) and row["status"] == "DOWN"]
        down = [row["id"] for row in rows if not news.get(row["id"]) and row["status"] == "ACTIVE"]
        if not up and not down:
            return 0
        return await retrying(self._store, lambda tx: self._write(tx, up, down))

    async def _write(self, tx: Tx, up: list[str], down: list[str]) -> int:
        changed = 0
        for status, ids in (("ACTIVE", up), ("DOWN", down)):
            for at in range(0, len(ids), CHUNK):
                some = ids[at : at + CHUNK]
                here = (PORTS.c.id.in_(some), PORTS.c.device_owner.not_in(_OTHERS), PORTS.c.status != status)
                changed += await tx.run(PORTS.update().where(*here).values(status=status))
                there = (FLOATINGIPS.c.fixed_port_id.in_(some), FLOATINGIPS.c.status != status)
                await tx.run(FLOATINGIPS.update().where(*there).values(status=status))
        if changed:
            tx.after_commit(lambda: self._signals.wake(STATUS_TOPIC))
        return changed
