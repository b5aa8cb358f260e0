"""Servers' states follow their domains: a guest that shut itself down, or whose process died, is not ACTIVE."""

from datetime import datetime

from sqlalchemy import select, update

from pileus.compute.reconcilers.looking import remains_of_hosts
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.host.hypervisor.status import PowerState
from pileus.kernel import log
from pileus.kernel.operations.journal import note
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying

LOG = log.get("compute.power")

_MEANING = {
    PowerState.RUNNING: ("active", "found_running"),
    PowerState.PAUSED: ("paused", "found_paused"),
    PowerState.SUSPENDED: ("suspended", "found_suspended"),
    PowerState.SHUTDOWN: ("stopped", "found_stopped"),
    PowerState.CRASHED: ("stopped", "found_stopped"),
    PowerState.NOSTATE: ("stopped", "found_stopped"),
}
"""By what a domain is: the vm_state that says so, and the move that brings a row there."""

_FOLLOWS = ("active", "stopped", "paused", "suspended")
"""The states that follow domains; a server in ERROR waits for its owner."""


def move_to(vm_state: str, state: PowerState) -> str:
    """The move that brings a row to the truth; empty if it is there."""
    meant, verb = _MEANING[state]
    return verb if vm_state in _FOLLOWS and vm_state != meant else ""


class Power:
    """Compares rows that nothing is being done to with their domains.

    Args:
        resume: whether a server that should be active is started again when its domain is found down; otherwise it
            becomes SHUTOFF, as with Nova's defaults.
    """

    name = "compute.power"
    interval = 30.0
    topics = ("compute.power",)

    def __init__(self, parts: ServerParts, *, resume: bool = False) -> None:
        self._parts = parts
        self._resume = resume

    async def converge(self) -> int:
        """Look at every host that answers; how many rows were changed."""
        looked_at = self._parts.kernel.world.clock.now()
        changed = 0
        for host, remains in (await remains_of_hosts(self._parts)).items():
            states = {domain.id: domain.state for domain in remains.domains}
            async with self._parts.kernel.store.read() as tx:
                c = SERVERS.c
                columns = (c.id, c.vm_state, c.power_state, c.task_state, c.updated_at)
                rows = await tx.all(select(*columns).where(c.host == host, c.task_state.is_(None)))
            for row in rows:
                state = states.get(row["id"], PowerState.NOSTATE)
                if row["updated_at"] <= looked_at and self._differs(row, state):
                    changed += await self._close(row["id"], state, looked_at)
        return changed

    @staticmethod
    def _differs(row: Row, state: PowerState) -> bool:
        return row["vm_state"] in _FOLLOWS and (
            bool(move_to(row["vm_state"], state)) or row["power_state"] != _shown(state)
        )

    async def _close(self, id: str, state: PowerState, looked_at: datetime) -> int:
        """Write the truth, unless somebody touched the server since it was looked at."""

        async def write(tx: Tx) -> int:
            row = await tx.first(select(SERVERS).where(SERVERS.c.id == id))
            if row is None or row["task_state"] is not None or row["updated_at"] > looked_at:
                return 0
            now = self._parts.kernel.world.clock.now()
            verb = move_to(row["vm_state"], state)
            values = {"power_state": _shown(state), "updated_at": now}
            if not verb:
                return await tx.run(update(SERVERS).where(SERVERS.c.id == id).values(**values))
            LOG.warning("server's state follows its domain", server=id, was=row["vm_state"], found=state.name)
            wanted = row["vm_state"] == "active"
            row = await SERVER.begin(tx, SERVERS, row, verb, **values)
            if verb == "found_stopped" and wanted:
                if self._resume:
                    await SERVER.begin(tx, SERVERS, row, "start", updated_at=now)
                    await self._parts.kernel.engine.begin(
                        tx, "server.start", resource_type="server", resource_id=id, project_id=row["project_id"]
                    )
                else:  # as with Nova, the owner finds it among the server's actions, where nobody asked for it
                    world, reason = self._parts.kernel.world, _reason(state)
                    await note(tx, world, "server.stop", "server", id, row["project_id"], reason)
            return 1

        return await retrying(self._parts.kernel.store, write)


def _reason(state: PowerState) -> str:
    if state is PowerState.NOSTATE:
        return "the guest's definition was lost"
    return "the guest's process died" if state is PowerState.CRASHED else "the guest shut itself down"


def _shown(state: PowerState) -> int:
    """The power state as servers show it: a guest on disk is shut down."""
    return int(PowerState.SHUTDOWN if state is PowerState.SUSPENDED else state)
