"""server.start, .stop, .reboot, .pause …: one change of a server's power state each."""

from sqlalchemy import select

from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.guest import read_guest, read_row
from pileus.compute.servers.operations.asking import asking
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.compute.servers.viewing.faults import fault_of
from pileus.host.agent.errors import GuestNotFound
from pileus.host.agent.protocol import PowerAction
from pileus.host.hypervisor.status import PowerState
from pileus.kernel.operations import Run, Step, StepFailed
from pileus.kernel.store import Tx

ACTIONS: dict[str, tuple[PowerAction, PowerState]] = {
    "start": ("start", PowerState.RUNNING),
    "stop": ("stop", PowerState.SHUTDOWN),
    "reboot": ("reboot", PowerState.RUNNING),
    "reboot_hard": ("reset", PowerState.RUNNING),
    "pause": ("pause", PowerState.PAUSED),
    "unpause": ("unpause", PowerState.RUNNING),
    "suspend": ("suspend", PowerState.SHUTDOWN),
    "resume": ("resume", PowerState.RUNNING),
}
"""By verb of the state machine: what the host is asked, and the power state afterwards."""

GRACE = 60.0
"""Seconds that a guest gets to shut down."""


class ChangePower:
    """One kind for each verb; they differ in two words only."""

    deadline = 900.0

    def __init__(self, parts: ServerParts, verb: str) -> None:
        self._parts = parts
        self._verb = verb
        self.kind = f"server.{verb}"

    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return (Step(self._verb, self._do),)

    async def _do(self, run: Run) -> None:
        async with self._parts.kernel.store.read() as tx:
            host = (await read_row(tx, run.resource_id))["host"]
        if not host:
            raise StepFailed("The server was never placed on a host.", code=409)
        agent = self._parts.agents.of(host)
        with asking(host):
            try:
                await agent.power(run.resource_id, ACTIONS[self._verb][0], GRACE)
            except GuestNotFound:
                if self._verb not in {"start", "reboot_hard"}:
                    raise
                # its definition was lost behind our back; what is left of its disks is used, the rest is made again
                _row, guest = await read_guest(self._parts, run.resource_id)
                if guest.image is not None:
                    await agent.fetch_image(guest.image)
                await agent.prepare(guest)
                await agent.spawn(guest)

    async def done(self, tx: Tx, run: Run) -> None:
        """The server is in its new state."""
        now = self._parts.kernel.world.clock.now()
        state = int(ACTIONS[self._verb][1])
        await SERVER.finish(tx, SERVERS, run.resource_id, self._verb, power_state=state, updated_at=now, fault=None)

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The server is as it was; the power-state reconciler looks at what is true."""
        now = self._parts.kernel.world.clock.now()
        kept = {"fault": fault_of(error, now)}
        if await SERVER.fail(tx, SERVERS, run.resource_id, self._verb, updated_at=now, **kept):
            found = await tx.first(select(SERVERS.c.host).where(SERVERS.c.id == run.resource_id))
            if found is not None:
                tx.after_commit(lambda: self._parts.kernel.signals.wake("compute.power"))


def kinds(parts: ServerParts) -> tuple[ChangePower, ...]:
    """An operation for each verb."""
    return tuple(ChangePower(parts, verb) for verb in ACTIONS)
