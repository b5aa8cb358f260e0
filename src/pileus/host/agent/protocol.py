"""What a host does for compute.  Crosses `kernel/peers`: every argument and answer is plain data.

Every call may be repeated, and returns when its effect is there.  Errors are those of `errors.py`; a host that does
not answer is `PeerUnreachable`, and then nothing is known about the effect.
"""

from typing import Literal, Protocol

from msgspec import Struct

from pileus.host.hypervisor.spec import Labels, Nic
from pileus.host.hypervisor.status import Capabilities, Diagnostics, DomainStatus, TcpEndpoint

PowerAction = Literal["start", "stop", "reboot", "reset", "pause", "unpause", "suspend", "resume"]
"""`reboot` asks the guest first, `reset` does not."""


class ImageSource(Struct, frozen=True, kw_only=True):
    """The image that a root disk starts from.

    Attributes:
        size: bytes of its data.
        format: as the image service knows it ("qcow2", "raw"); never probed.
        digest: hexadecimal, of the whole data under `algorithm`; empty when unknown.
    """

    id: str
    size: int
    format: str
    algorithm: str = ""
    digest: str = ""


class Guest(Struct, frozen=True, kw_only=True):
    """Everything that a host needs to know of a server.

    Attributes:
        name: the domain's name, unique on the host.
        root_gib: of the root disk; 0 takes the image's own size.
        config_drive: files by path, base64 by the encoding; None for no drive.
        properties: of the image (`hw_disk_bus` and the like).
    """

    id: str
    name: str
    vcpus: int
    memory_mib: int
    root_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    image: ImageSource | None = None
    nics: tuple[Nic, ...] = ()
    config_drive: dict[str, bytes] | None = None
    properties: dict[str, str] = {}
    labels: Labels = Labels()


class HostReport(Struct, frozen=True, kw_only=True):
    """What a host has."""

    capabilities: Capabilities
    version: str = ""
    """Of the program there."""


class Remains(Struct, frozen=True, kw_only=True):
    """What a host holds of servers, for audits.

    Attributes:
        domains: every domain of ours with its power state.
        disks: ids of servers that have files there.
    """

    domains: tuple[DomainStatus, ...] = ()
    disks: tuple[str, ...] = ()


class HostAgent(Protocol):
    """The door to one host."""

    async def report(self) -> HostReport:
        """What the host has to give; also how its pulse is felt."""
        ...

    async def fetch_image(self, image: ImageSource) -> None:
        """Bring an image into the host's cache.

        Raises:
            ImageUnusable: its data is missing, damaged or unsafe.
        """
        ...

    async def prepare(self, guest: Guest) -> None:
        """Make a server's disks and its config drive; those that exist are left as they are.

        Raises:
            HostFull, ImageUnusable, GuestRefused: see the errors.
        """
        ...

    async def spawn(self, guest: Guest) -> None:
        """Define the server and start it; one that runs is left as it is.

        Raises:
            GuestRefused, HostFull: see the errors.
        """
        ...

    async def destroy(self, server_id: str) -> None:
        """Remove the server, its disks and all that belongs to it; unknown ids are fine."""
        ...

    async def power(self, server_id: str, action: PowerAction, grace: float = 60.0) -> None:
        """Change a server's power state; `grace` seconds are given to the guest to go down by itself.

        Raises:
            GuestNotFound, GuestWrongState: see the errors.
        """
        ...

    async def console_log(self, server_id: str, most: int) -> bytes:
        """At most the last `most` bytes of the serial console.

        Raises:
            GuestNotFound: there is none.
        """
        ...

    async def attach_nic(self, server_id: str, nic: Nic) -> None:
        """Plug a nic into the server, running or not.

        Raises:
            GuestNotFound: there is none.
        """
        ...

    async def detach_nic(self, server_id: str, port_id: str, seconds: float = 60.0) -> None:
        """Unplug a nic; none is fine.

        Raises:
            GuestNotFound, NicNotReleased: see the errors.
        """
        ...

    async def diagnostics(self, server_id: str) -> Diagnostics:
        """Counters of a running server.

        Raises:
            GuestNotFound, GuestWrongState: see the errors.
        """
        ...

    async def screen(self, server_id: str) -> TcpEndpoint:
        """Where the server's VNC screen listens.

        Raises:
            GuestNotFound, GuestWrongState: see the errors.
        """
        ...

    async def remains(self) -> Remains:
        """What the host holds of servers."""
        ...
