"""What a driver of virtual machines must do, and what it may do beside that.

`Hypervisor` is the part that every driver has. Each further ability is a protocol of its own: ask with
`isinstance` whether a driver has it. Rules for every call, checked by tests/contract/hypervisor:

* repeating a call that succeeded, or whose outcome is unknown, is safe;
* a call returns when its effect is there, not when it was asked for;
* errors are those of `errors.py` and nothing else;
* no call blocks the event loop.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pileus.host.hypervisor.events import EventStream
from pileus.host.hypervisor.spec import Disk, Nic, ServerSpec
from pileus.host.hypervisor.status import Capabilities, Diagnostics, DomainStatus, TcpEndpoint, UnixEndpoint


@runtime_checkable
class Hypervisor(Protocol):
    """The machine's servers: make, start, stop, look at, remove."""

    async def capabilities(self) -> Capabilities:
        """Return what this machine has to give."""
        ...

    async def spawn(self, spec: ServerSpec) -> None:
        """Define the domain and start it.

        A domain that already runs is left as it is; a stopped one is redefined.

        Raises:
            DomainConflict: another domain has the name.
            InvalidSpec: the definition is refused.
            NotEnoughResources: it cannot be started here now; it stays defined.
        """
        ...

    async def start(self, server_id: str) -> None:
        """Start a defined domain; does nothing if it is running, resumes it if it was suspended to disk.

        Raises:
            DomainNotFound: there is none.
            InvalidPowerState: it is paused.
        """
        ...

    async def stop(self, server_id: str, grace: float = 60.0) -> None:
        """Press the power button, give the guest `grace` seconds, then cut the power. 0: cut it at once.

        Raises:
            DomainNotFound: there is none.
        """
        ...

    async def reboot(self, server_id: str, *, hard: bool, grace: float = 120.0) -> None:
        """Restart from the definition.

        Soft: power button, then start, `grace` seconds for the guest to go down before it is cut. Hard: cut
        and start. A stopped domain is started by either.

        Raises:
            DomainNotFound: there is none.
        """
        ...

    async def destroy(self, server_id: str) -> None:
        """Cut the power and forget the domain; unknown ids are fine.

        Returns when the domain and its network devices are gone. Files are not touched: they belong to the
        storage.
        """
        ...

    async def domains(self) -> Sequence[DomainStatus]:
        """Return every domain on this machine, in one look."""
        ...

    def events(self) -> EventStream:
        """Listen to what happens from now on. Close the stream when done."""
        ...

    async def console_log(self, server_id: str, max_bytes: int) -> bytes:
        """Return at most the last `max_bytes` bytes of the serial console's log; empty if there is none.

        Raises:
            DomainNotFound: there is none.
        """
        ...

    async def attach_nic(self, server_id: str, nic: Nic) -> None:
        """Plug a NIC into the definition and, if it runs, the guest.

        A NIC with this port that is already there is left as it is.

        Raises:
            DomainNotFound: there is none.
        """
        ...

    async def detach_nic(self, server_id: str, port_id: str, timeout: float = 60.0) -> None:
        """Unplug a NIC and wait until the guest let go of it. No such NIC is fine: it is gone.

        `timeout` is how long the guest is given, in seconds.

        Raises:
            DomainNotFound: there is none.
            DetachTimedOut: it is still plugged.
        """
        ...

    async def close(self) -> None:
        """Let go of the hypervisor; the domains run on."""
        ...


@runtime_checkable
class Pausable(Protocol):
    """Freezing of servers, in memory (pause) or on disk (suspend).

    Each call is fine if its end is already reached.
    """

    async def pause(self, server_id: str) -> None:
        """Stop the processors, keep the memory. Raises InvalidPowerState if the domain does not run."""
        ...

    async def unpause(self, server_id: str) -> None:
        """Let the processors run again. Raises InvalidPowerState if it is neither paused nor running."""
        ...

    async def suspend(self, server_id: str) -> None:
        """Save the memory to disk and end the process. Raises InvalidPowerState if it does not run."""
        ...

    async def resume(self, server_id: str) -> None:
        """Go on where `suspend` stopped. Raises InvalidPowerState if it is neither suspended nor running."""
        ...


@runtime_checkable
class Diagnosable(Protocol):
    """Counters of running servers."""

    async def diagnostics(self, server_id: str) -> Diagnostics:
        """Return what the domain uses. Raises InvalidPowerState if it does not run."""
        ...


@runtime_checkable
class Consoles(Protocol):
    """Ways to a server's screen and serial line. Both raise InvalidPowerState if the server is off."""

    async def vnc_endpoint(self, server_id: str) -> TcpEndpoint:
        """Return where VNC listens. Raises DeviceNotFound if the server has none."""
        ...

    async def serial_endpoint(self, server_id: str) -> UnixEndpoint:
        """Return where the serial console listens. Raises DeviceNotFound if the server has none."""
        ...


@runtime_checkable
class Screenshots(Protocol):
    """Pictures of a server's screen."""

    async def screenshot(self, server_id: str) -> bytes:
        """Return the screen as an image file (PPM or PNG). Raises InvalidPowerState if the server is off."""
        ...


@runtime_checkable
class DiskPluggable(Protocol):
    """Disks that come and go while a server exists."""

    async def attach_disk(self, server_id: str, disk: Disk) -> None:
        """Plug a disk into the definition and, if it runs, the guest. The same disk already there is fine.

        Raises:
            DomainNotFound: there is none.
            DomainConflict: another disk has this target.
        """
        ...

    async def detach_disk(self, server_id: str, target: str, timeout: float = 60.0) -> None:
        """Unplug a disk and wait until the guest let go of it. No such disk is fine.

        `timeout` is how long the guest is given, in seconds.

        Raises:
            DomainNotFound: there is none.
            DetachTimedOut: it is still plugged.
        """
        ...
