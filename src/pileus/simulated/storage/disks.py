"""The files of servers on a simulated host."""

from pileus.host.agent.errors import ImageUnusable
from pileus.host.agent.protocol import Guest, ImageSource
from pileus.host.hypervisor.spec import Disk, FileSource
from pileus.simulated.hypervisor.faults import Faults


class SimulatedDisks:
    """Fulfils the agent's `Disks` in memory.

    Attributes:
        images: ids of the images in the cache.
        guests: what was prepared, by server.

    Args:
        faults: planned failures, asked before and after `fetch`, `prepare` and `remove`.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self.images: set[str] = set()
        self.guests: dict[str, Guest] = {}
        self._faults = faults or Faults()

    async def fetch(self, image: ImageSource) -> None:
        """See Disks."""
        self._faults.check("fetch", "before")
        self.images.add(image.id)
        self._faults.check("fetch", "after")

    async def prepare(self, guest: Guest) -> None:
        """See Disks."""
        self._faults.check("prepare", "before")
        if guest.image is not None and guest.image.id not in self.images:
            raise ImageUnusable(f"image {guest.image.id} is not in the cache")
        self.guests.setdefault(guest.id, guest)
        self._faults.check("prepare", "after")

    def disks_of(self, guest: Guest) -> tuple[Disk, ...]:
        """See Disks."""
        return (Disk(source=FileSource(path=f"/simulated/{guest.id}/root.qcow2"), target="vda", boot_order=1),)

    def config_drive_of(self, guest: Guest) -> str:
        """See Disks."""
        return f"/simulated/{guest.id}/config.iso" if guest.config_drive is not None else ""

    def console_log_of(self, server_id: str) -> str:
        """See Disks."""
        return f"/simulated/{server_id}/console.log"

    async def remove(self, server_id: str) -> None:
        """See Disks."""
        self._faults.check("remove", "before")
        self.guests.pop(server_id, None)
        self._faults.check("remove", "after")

    async def servers(self) -> tuple[str, ...]:
        """See Disks."""
        return tuple(self.guests)
