"""Simulated hosts and networks, in this process."""

from pathlib import Path
from typing import Any

from pileus.cloud.ground import ImageFile, Progress
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

    def __init__(self, settings: SimulatedSettings, state: Path, world: World, transport: MemoryTransport) -> None:
        self.hosts = tuple(f"simulated-{number}" for number in range(1, settings.hosts + 1))
        self.network = SimulatedNetwork(self.hosts, now=lambda: world.clock.now().timestamp())
        self._settings = settings
        self._fleet = Fleet(transport, world, ledger=Ledger(state / "simulated.db"), plug=self.network.plug)

    async def prepare(self, progress: Progress) -> None:
        """See Ground."""
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
