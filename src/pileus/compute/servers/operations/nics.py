"""server.attach_interface and server.detach_interface: nics that come and go while a server exists."""

from typing import Any

from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.guest import nic_of, read_row
from pileus.compute.servers.operations.asking import asking
from pileus.kernel.operations import Retry, Run, Step
from pileus.kernel.store import Tx


class AttachInterface:
    """Plugs a port that the request has claimed."""

    kind = "server.attach_interface"
    deadline = 600.0

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return (Step("bind", self._bind, self._release, in_tx=True), Step("plug", self._plug, self._unplug))

    async def _bind(self, run: Run, tx: Tx) -> dict[str, Any]:
        host = (await read_row(tx, run.resource_id))["host"]
        await self._parts.network.bind_port(tx, run.input["port"], host)
        return {"host": host}

    async def _release(self, run: Run, tx: Tx) -> None:
        await self._parts.network.release_ports(tx, run.resource_id, [run.input["port"]])

    async def _plug(self, run: Run) -> None:
        host = run.output("bind")["host"]
        async with self._parts.kernel.store.read() as tx:
            ports = (await self._parts.network.ports(tx, [run.resource_id])).get(run.resource_id, [])
        for port in ports:
            if port.id == run.input["port"]:
                with asking(host):
                    await self._parts.agents.of(host).attach_nic(run.resource_id, nic_of(port))

    async def _unplug(self, run: Run) -> None:
        host = run.output("bind")["host"]
        try:
            with asking(host):
                await self._parts.agents.of(host).detach_nic(run.resource_id, run.input["port"])
        except Retry:
            return

    async def done(self, tx: Tx, run: Run) -> None:
        """The nic is there."""

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The port is given back."""
        await self._release(run, tx)


class DetachInterface:
    """Unplugs a nic, then gives its port back."""

    kind = "server.detach_interface"
    deadline = 600.0

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return (Step("unplug", self._unplug),)

    async def _unplug(self, run: Run) -> None:
        async with self._parts.kernel.store.read() as tx:
            host = (await read_row(tx, run.resource_id))["host"]
        if host:
            with asking(host):
                await self._parts.agents.of(host).detach_nic(run.resource_id, run.input["port"])

    async def done(self, tx: Tx, run: Run) -> None:
        """The port goes, or is free again."""
        await self._parts.network.release_ports(tx, run.resource_id, [run.input["port"]])

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The nic stays."""
