"""The agent: composes a hypervisor and the host's storage into what `HostAgent` promises."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pileus
from pileus.host.agent.disks import Disks
from pileus.host.agent.errors import (
    GuestNotFound,
    GuestRefused,
    GuestWrongState,
    HostFull,
    HostTrouble,
    NicNotReleased,
)
from pileus.host.agent.protocol import Guest, HostReport, ImageSource, PowerAction, Remains
from pileus.host.hypervisor import errors as hypervisor_errors
from pileus.host.hypervisor.protocol import Consoles, Diagnosable, Hypervisor, Pausable
from pileus.host.hypervisor.spec import Nic, ServerSpec
from pileus.host.hypervisor.status import Diagnostics, TcpEndpoint
from pileus.host.turns import Turns

_MEANING: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (hypervisor_errors.DomainNotFound, GuestNotFound),
    (hypervisor_errors.InvalidPowerState, GuestWrongState),
    (hypervisor_errors.InvalidSpec, GuestRefused),
    (hypervisor_errors.DomainConflict, GuestRefused),
    (hypervisor_errors.NotEnoughResources, HostFull),
    (hypervisor_errors.DeviceNotFound, GuestRefused),
    (hypervisor_errors.DetachTimedOut, NicNotReleased),
    (hypervisor_errors.HypervisorError, HostTrouble),
)


@asynccontextmanager
async def _meaning() -> AsyncIterator[None]:
    """Turn the hypervisor's errors into the agent's."""
    try:
        yield
    except hypervisor_errors.HypervisorError as error:
        for theirs, ours in _MEANING:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


class Agent:
    """Fulfils `HostAgent` on this machine.

    Args:
        hypervisor: the machine's servers.
        disks: the machine's files of servers.
        plug: if set, called with a nic before a guest gets it (to make its switch port ready).
    """

    def __init__(
        self, hypervisor: Hypervisor, disks: Disks, *, plug: Callable[[Nic], Awaitable[None]] | None = None
    ) -> None:
        self._hypervisor = hypervisor
        self._disks = disks
        self._plug = plug
        self._turns = Turns()

    async def report(self) -> HostReport:
        """See HostAgent."""
        async with _meaning():
            return HostReport(
                capabilities=await self._hypervisor.capabilities(), version=getattr(pileus, "__version__", "")
            )

    async def fetch_image(self, image: ImageSource) -> None:
        """See HostAgent."""
        async with self._turns.take(f"image {image.id}"):
            await self._disks.fetch(image)

    async def prepare(self, guest: Guest) -> None:
        """See HostAgent."""
        async with self._turns.take(guest.id):
            await self._disks.prepare(guest)

    async def spawn(self, guest: Guest) -> None:
        """See HostAgent."""
        spec = self.spec(guest)
        async with self._turns.take(guest.id), _meaning():
            if self._plug is not None:
                for nic in guest.nics:
                    await self._plug(nic)
            await self._hypervisor.spawn(spec)

    def spec(self, guest: Guest) -> ServerSpec:
        """The domain's definition; the same guest always gives the same."""
        return ServerSpec(
            id=guest.id,
            name=guest.name,
            vcpus=guest.vcpus,
            memory_mib=guest.memory_mib,
            disks=self._disks.disks_of(guest),
            nics=guest.nics,
            config_drive=self._disks.config_drive_of(guest),
            console_log=self._disks.console_log_of(guest.id),
            machine=guest.properties.get("hw_machine_type", ""),
            labels=guest.labels,
        )

    async def destroy(self, server_id: str) -> None:
        """See HostAgent."""
        async with self._turns.take(server_id), _meaning():
            await self._hypervisor.destroy(server_id)
            await self._disks.remove(server_id)

    async def power(self, server_id: str, action: PowerAction, grace: float = 60.0) -> None:
        """See HostAgent."""
        machine = self._hypervisor
        async with _meaning():
            if action == "start":
                await machine.start(server_id)
            elif action == "stop":
                await machine.stop(server_id, grace)
            elif action in {"reboot", "reset"}:
                await machine.reboot(server_id, hard=action == "reset", grace=grace)
            elif isinstance(machine, Pausable):
                freeze = {
                    "pause": machine.pause,
                    "unpause": machine.unpause,
                    "suspend": machine.suspend,
                    "resume": machine.resume,
                }
                await freeze[action](server_id)
            else:
                raise GuestRefused(f"this hypervisor cannot {action} servers")

    async def console_log(self, server_id: str, most: int) -> bytes:
        """See HostAgent."""
        async with _meaning():
            return await self._hypervisor.console_log(server_id, most)

    async def attach_nic(self, server_id: str, nic: Nic) -> None:
        """See HostAgent."""
        async with self._turns.take(server_id), _meaning():
            if self._plug is not None:
                await self._plug(nic)
            await self._hypervisor.attach_nic(server_id, nic)

    async def detach_nic(self, server_id: str, port_id: str, seconds: float = 60.0) -> None:
        """See HostAgent."""
        async with self._turns.take(server_id), _meaning():
            await self._hypervisor.detach_nic(server_id, port_id, seconds)

    async def diagnostics(self, server_id: str) -> Diagnostics:
        """See HostAgent."""
        if not isinstance(self._hypervisor, Diagnosable):
            raise GuestRefused("this hypervisor has no diagnostics")
        async with _meaning():
            return await self._hypervisor.diagnostics(server_id)

    async def screen(self, server_id: str) -> TcpEndpoint:
        """See HostAgent."""
        if not isinstance(self._hypervisor, Consoles):
            raise GuestRefused("this hypervisor has no screens")
        async with _meaning():
            return await self._hypervisor.vnc_endpoint(server_id)

    async def remains(self) -> Remains:
        """See HostAgent."""
        async with _meaning():
            domains = await self._hypervisor.domains()
        return Remains(domains=tuple(domains), disks=await self._disks.servers())
