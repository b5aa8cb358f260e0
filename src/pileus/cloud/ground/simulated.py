"""Simulated hosts and networks, in this process."""

from typing import Any

from pileus.cloud.folder import StateFolder
from pileus.cloud.ground.protocol import ImageFile, Progress
from pileus.cloud.settings import SimulatedSettings
from pileus.compute.service import Compute
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.world import World
from pileus.simulated.hosts import Fleet
from pileus.simulated.hypervisor.ledger import Ledger
from pileus.simulated.network import SimulatedNetwork


class SimulatedGround:
    """Fulfils `Ground` in memory; servers outlive the process in a ledger below the state folder."""

    durable = False

    def __init__(
        self, settings: SimulatedSettings, folder: StateFolder, world: World, transport: MemoryTransport
    ) -> None:
        self.hosts = tuple(f"simulated-{number}" for number in range(1, settings.hosts + 1))
        self.network = SimulatedNetwork(self.hosts, now=lambda: world.clock.now().timestamp())
        self._settings = settings
        self._fleet: Fleet
        self._folder, self._world, self._transport = folder, world, transport

    async def prepare(self, progress: Progress) -> None:
        """See Ground."""
        ledger = Ledger(self._folder.root / "simulated.db")
        self._fleet = Fleet(self._transport, self._world, ledger=ledger, plug=self.network.plug)
        progress(f"simulating {len(self.hosts)} hosts")

    async def start(self, parts: Parts, compute: Compute, image_file: ImageFile) -> None:
        """See Ground."""
        size = self._settings
        for name in self.hosts:
            self._fleet.add(name, vcpus=size.vcpus, memory_mib=size.memory_mib, disk_gib=size.disk_gib)

    async def status(self) -> dict[str, Any]:
        """See Ground."""
        return {"simulated hosts": list(self.hosts)}

    async def stop(self) -> None:
        """See Ground."""
        await self.network.close()
