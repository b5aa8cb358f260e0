"""This machine: libvirt and QEMU for servers, OVN for networks, files for disks."""

import asyncio
from pathlib import Path
from typing import Any, Literal

import msgspec

from pileus import __version__
from pileus.cloud.folder import StateFolder
from pileus.cloud.ground.machine import plan_of
from pileus.cloud.ground.metadata_door import MetadataDoor
from pileus.cloud.ground.protocol import ImageFile, Progress
from pileus.cloud.settings import MachineSettings
from pileus.compute.service import Compute
from pileus.host.agent.agent import Agent
from pileus.host.agent.errors import ERRORS
from pileus.host.agent.local_disks import LocalDisks, local_file
from pileus.host.agent.protocol import HostAgent
from pileus.host.chassis.http import MetadataServer
from pileus.host.chassis.local import SouthboundNetworks
from pileus.host.chassis.metadata import MetadataAgent
from pileus.host.chassis.switch import Switch
from pileus.host.hypervisor.libvirt.driver import LibvirtHypervisor
from pileus.host.storage.disk_store import DiskStore
from pileus.host.storage.image_cache import ImageCache
from pileus.kernel.parts import Parts
from pileus.kernel.peers.protocol import serve
from pileus.kernel.signals import Signals
from pileus.network.backend.ovn import OvnBackend
from pileus.network.backend.protocol import NetworkBackend
from pileus.platform.machine import Machine
from pileus.platform.plan import Connections

Accelerator = Literal["auto", "kvm", "tcg"]
POWER = "compute.power"
"""Woken when something happens to a guest: servers' states follow."""
BINDINGS = "host.bindings"
"""Woken when ports of this host change: metadata may have to be answered in another network."""


class Remembered:
    """Which accelerator the hypervisor found, kept until the machine boots again: trying KVM takes seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = Path("/proc/sys/kernel/random/boot_id")

    def read(self) -> Accelerator:
        """What was found in this boot; "auto" to look again."""
        try:
            accelerator, boot = self._path.read_text().split()
        except (OSError, ValueError):
            return "auto"
        if boot != self._boot.read_text().strip():
            return "auto"
        return "kvm" if accelerator == "kvm" else "tcg"

    def write(self, accelerator: str) -> None:
        """Keep what was found."""
        self._path.write_text(f"{accelerator} {self._boot.read_text()}")


class RealGround:
    """Fulfils `Ground` with this machine."""

    network: NetworkBackend
    durable = True

    def __init__(self, settings: MachineSettings, folder: StateFolder) -> None:
        self._state = folder.root
        self._plan = plan_of(settings, folder)
        self.hosts = (self._plan.chassis,)
        self._machine = Machine(self._plan)
        self._connections: Connections
        self._hypervisor: LibvirtHypervisor | None = None
        self._bindings: SouthboundNetworks | None = None
        self._watching: asyncio.Task[None] | None = None

    async def prepare(self, progress: Progress) -> None:
        """See Ground."""
        self._connections = await self._machine.up(progress)
        progress("connecting to OVN")
        self.network = await OvnBackend.connect(self._connections.northbound, self._connections.southbound)

    async def start(self, parts: Parts, compute: Compute, image_file: ImageFile) -> None:
        """See Ground."""
        servers = self._state / "servers"
        store = await asyncio.to_thread(DiskStore, servers)  # first: the hypervisor looks at how much room there is
        remembered = Remembered(self._state / "accelerator")
        self._hypervisor = LibvirtHypervisor(
            self._connections.hypervisor,
            storage=servers,
            checksum_offload=self._connections.datapath == "system",
            accel=await asyncio.to_thread(remembered.read),
            version=__version__,
            clock=parts.world.clock,
        )
        found = await self._hypervisor.capabilities()
        await asyncio.to_thread(remembered.write, found.accel)
        cache = ImageCache(self._state / "image_cache", clock=parts.world.clock)
        disks = LocalDisks(cache, store, local_file(image_file))
        serve(parts.transport, f"host/{self._plan.chassis}", HostAgent, Agent(self._hypervisor, disks), ERRORS)
        await self._serve_metadata(parts, compute)
        self._watching = asyncio.get_running_loop().create_task(self._watch(self._hypervisor, parts.signals))

    async def _serve_metadata(self, parts: Parts, compute: Compute) -> None:
        self._bindings = await SouthboundNetworks.connect(
            self._connections.southbound, self._plan.chassis, on_change=lambda: parts.signals.wake(BINDINGS)
        )
        door = MetadataDoor(compute)
        parts.loops.add(MetadataAgent(self._bindings, Switch(self._connections.vswitch), MetadataServer(door)))

    @staticmethod
    async def _watch(hypervisor: LibvirtHypervisor, signals: Signals) -> None:
        """A guest that ends by itself is noticed at once, and not with the next look at all of them."""
        async for _event in hypervisor.events():
            signals.wake(POWER)

    async def status(self) -> dict[str, Any]:
        """See Ground."""
        status: dict[str, Any] = msgspec.to_builtins(await self._machine.status())
        return status

    async def stop(self) -> None:
        """See Ground."""
        if self._watching is not None:
            self._watching.cancel()
        if self._bindings is not None:
            await self._bindings.close()
        if self._hypervisor is not None:
            await self._hypervisor.close()
        await self.network.close()
        await self._machine.release()
