"""What the agent asks of the host's storage: images in a cache, and the files of one server."""

from typing import Protocol

from pileus.host.agent.protocol import Guest, ImageSource
from pileus.host.hypervisor.spec import Disk


class Disks(Protocol):
    """Files of servers on this host.  Calls may be repeated; errors are those of `errors.py`."""

    async def fetch(self, image: ImageSource) -> None:
        """Bring an image into the cache.

        Raises:
            ImageUnusable: its data is missing, damaged or unsafe.
        """
        ...

    async def prepare(self, guest: Guest) -> None:
        """Make a server's disks and config drive where they are missing.

        Raises:
            HostFull, ImageUnusable: see the errors.
        """
        ...

    def disks_of(self, guest: Guest) -> tuple[Disk, ...]:
        """The disks that `prepare` makes, root first, without the config drive."""
        ...

    def config_drive_of(self, guest: Guest) -> str:
        """Path of the config drive's image; empty for none."""
        ...

    def console_log_of(self, server_id: str) -> str:
        """Path that the serial console is logged to; empty for none."""
        ...

    async def remove(self, server_id: str) -> None:
        """Remove a server's files; none is fine."""
        ...

    async def servers(self) -> tuple[str, ...]:
        """Ids of the servers that have files here."""
        ...
