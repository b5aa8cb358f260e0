"""server.delete: the guest, its disks, its ports, its allocation and its row go, in this order."""

from sqlalchemy import delete, select

from pileus.compute.scheduling.hosts import compute_services, is_alive
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.operations.asking import asking
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.compute.servers.viewing.faults import fault_of
from pileus.kernel.operations import Retry, Run, Step
from pileus.kernel.store import Tx


class DeleteServer:
    """Removes a server.  Nothing is undone: a delete that failed is tried again by its owner."""

    kind = "server.delete"
    deadline = 1800.0

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return (Step("destroy", self._destroy),)

    async def _destroy(self, run: Run) -> None:
        async with self._parts.kernel.store.read() as tx:
            row = await tx.first(select(SERVERS.c.host).where(SERVERS.c.id == run.resource_id))
            host = (row["host"] if row is not None else None) or run.input.get("host", "")
            service = (await compute_services(tx)).get(host) if host else None
        if not host:
            return
        try:
            with asking(host):
                await self._parts.agents.of(host).destroy(run.resource_id)
        except Retry:
            now = self._parts.kernel.world.clock.now()
            if service is not None and is_alive(service, now):
                raise
            # the host is down: the server is forgotten here, and what is left of it there goes when the host is back

    async def done(self, tx: Tx, run: Run) -> None:
        """Nothing of the server is left."""
        await self._parts.network.release_ports(tx, run.resource_id)
        await self._parts.placement.release(tx, run.resource_id)
        await self._parts.near.groups.leave(tx, run.resource_id)
        await tx.run(delete(SERVERS).where(SERVERS.c.id == run.resource_id))

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The server stays, in ERROR."""
        now = self._parts.kernel.world.clock.now()
        await SERVER.fail(tx, SERVERS, run.resource_id, "delete", fault=fault_of(error, now), updated_at=now)
