"""The hypervisor driver for libvirt."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from pileus.host.hypervisor.errors import DetachTimedOut
from pileus.host.hypervisor.events import EventHub, EventStream
from pileus.host.hypervisor.libvirt import looking, plugging, power
from pileus.host.hypervisor.libvirt.connection import Connection
from pileus.host.hypervisor.libvirt.domain_xml import Site, domain_xml
from pileus.host.hypervisor.libvirt.kvm_probe import kvm_runs
from pileus.host.hypervisor.libvirt.reading import kvm_emulator, read_capabilities
from pileus.host.hypervisor.libvirt.translate import lifecycle
from pileus.host.hypervisor.spec import Disk, Nic, ServerSpec
from pileus.host.hypervisor.status import (
    Capabilities,
    Diagnostics,
    DomainStatus,
    Event,
    EventKind,
    TcpEndpoint,
    UnixEndpoint,
)
from pileus.kernel.clock import Clock, SystemClock

P = ParamSpec("P")
T = TypeVar("T")

BUTTON_SECONDS = 10.0
"""How often the power button is pressed again: a guest that is still booting does not hear it."""
RELEASE_SECONDS = 5.0
"""How often the guest is asked again for a device, for the same reason."""
LOOK_SECONDS = 2.0
"""How long to rely on events alone before looking: one may have been lost with the connection."""
TAP_SECONDS = 5.0
"""How long network devices may outlive their domain. Libvirt removes them itself, as a rule."""


class LibvirtHypervisor:
    """Fulfils every protocol of a hypervisor with libvirt and QEMU.

    Arguments:
        uri: libvirt's name of the hypervisor, such as `qemu:///system`.
        storage: folder that servers' disks lie in; its file system is the host's capacity.
        checksum_offload: whether the switch completes guests' checksums. False for the userspace datapath.
        accel: `auto` takes KVM if libvirt offers it and a guest runs under it, which is tried once.
        patience: seconds that a call waits for a lost libvirtd before it raises HypervisorUnavailable.
        version: the cloud's own version, shown to guests.
        clock: measures how long guests are waited for.
    """

    def __init__(
        self,
        uri: str,
        *,
        storage: Path,
        checksum_offload: bool,
        accel: Literal["auto", "kvm", "tcg"] = "auto",
        patience: float = 10.0,
        version: str = "",
        clock: Clock | None = None,
    ) -> None:
        self._storage = storage
        self._checksum_offload = checksum_offload
        self._accel: Literal["auto", "kvm", "tcg"] = accel
        self._looking = asyncio.Lock()
        self._version = version
        self._clock = clock or SystemClock()
        self._hub = EventHub()
        self._wakers: dict[str, set[asyncio.Event]] = {}
        self._machine: Capabilities | None = None
        self._connection = Connection(
            uri,
            patience=patience,
            clock=self._clock,
            on_lifecycle=self._heard_lifecycle,
            on_reboot=self._heard_reboot,
            on_device=self._wake,
            on_return=lambda: self._hub.publish(Event("", EventKind.MISSED, "libvirt was gone")),
        )

    # ---- Hypervisor

    async def capabilities(self) -> Capabilities:
        """See Hypervisor."""
        async with self._looking:
            if self._accel == "auto":
                emulator = await self._connection.call(lambda c: kvm_emulator(c.getCapabilities(), c.getInfo()[0]))
                self._accel = "kvm" if emulator and await kvm_runs(emulator) else "tcg"
            self._machine = await self._connection.call(self._look_at_machine)
            return self._machine

    async def spawn(self, spec: ServerSpec) -> None:
        """See Hypervisor."""
        machine = self._machine or await self.capabilities()
        site = Site(
            arch=machine.arch,
            accel="kvm" if machine.accel == "kvm" else "tcg",
            checksum_offload=self._checksum_offload,
            cpu_vendor=machine.cpu_vendor,
            version=self._version,
        )
        await self._run(power.define_and_start, spec.id, domain_xml(spec, site))

    async def start(self, server_id: str) -> None:
        """See Hypervisor."""
        await self._run(power.start, server_id)

    async def stop(self, server_id: str, grace: float = 60.0) -> None:
        """See Hypervisor. A paused or suspended guest cannot hear the button and is cut at once."""

        async def press() -> bool:
            return await self._run(power.press_power_button, server_id)

        async def off() -> bool:
            return await self._run(power.is_off, server_id)

        if grace > 0 and await press() and await self._until(server_id, press, off, BUTTON_SECONDS, grace):
            return
        await self._run(power.cut_power, server_id)

    async def reboot(self, server_id: str, *, hard: bool, grace: float = 120.0) -> None:
        """See Hypervisor."""
        await self.stop(server_id, 0.0 if hard else grace)
        await self._run(power.start, server_id)

    async def destroy(self, server_id: str) -> None:
        """See Hypervisor."""
        taps = await self._run(power.erase, server_id)
        give_up = self._clock.monotonic() + TAP_SECONDS
        while any(power.tap_is_there(*tap) for tap in taps) and self._clock.monotonic() < give_up:
            await self._clock.sleep(0.05)

    async def domains(self) -> Sequence[DomainStatus]:
        """See Hypervisor."""
        return await self._connection.call(power.list_all)

    def events(self) -> EventStream:
        """See Hypervisor. Libvirt is asked for events with the first call of any kind."""
        return self._hub.listen()

    async def console_log(self, server_id: str, max_bytes: int) -> bytes:
        """See Hypervisor."""
        return await self._run(looking.console_log, server_id, max_bytes)

    async def attach_nic(self, server_id: str, nic: Nic) -> None:
        """See Hypervisor."""
        await self._run(plugging.plug_nic, server_id, nic, checksum_offload=self._checksum_offload)

    async def detach_nic(self, server_id: str, port_id: str, timeout: float = 60.0) -> None:
        """See Hypervisor."""
        await self._detach(server_id, plugging.port(port_id), f"the NIC of port {port_id}", timeout)

    async def close(self) -> None:
        """See Hypervisor."""
        self._hub.close()
        await self._connection.close()

    # ---- Pausable

    async def pause(self, server_id: str) -> None:
        """See Pausable."""
        await self._run(power.pause, server_id)

    async def unpause(self, server_id: str) -> None:
        """See Pausable."""
        await self._run(power.unpause, server_id)

    async def suspend(self, server_id: str) -> None:
        """See Pausable."""
        await self._run(power.save, server_id)

    async def resume(self, server_id: str) -> None:
        """See Pausable."""
        await self._run(power.restore, server_id)

    # ---- Diagnosable, Consoles, Screenshots

    async def diagnostics(self, server_id: str) -> Diagnostics:
        """See Diagnosable."""
        return await self._run(looking.diagnostics, server_id)

    async def vnc_endpoint(self, server_id: str) -> TcpEndpoint:
        """See Consoles."""
        return await self._run(looking.vnc, server_id)

    async def serial_endpoint(self, server_id: str) -> UnixEndpoint:
        """See Consoles."""
        return await self._run(looking.serial, server_id)

    async def screenshot(self, server_id: str) -> bytes:
        """See Screenshots."""
        return await self._run(looking.screenshot, server_id)

    # ---- DiskPluggable

    async def attach_disk(self, server_id: str, disk: Disk) -> None:
        """See DiskPluggable."""
        await self._run(plugging.plug_disk, server_id, disk)

    async def detach_disk(self, server_id: str, target: str, timeout: float = 60.0) -> None:
        """See DiskPluggable."""
        await self._detach(server_id, plugging.target(target), f"disk {target}", timeout)

    # ---- inside

    async def _run(
        self,
        function: Callable[Concatenate[Any, str, P], T],
        server_id: str,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Call `function(connection, server_id, ...)` in a thread."""
        return await self._connection.call(
            lambda connection: function(connection, server_id, *arguments, **named), server_id
        )

    async def _detach(self, server_id: str, find: plugging.Finder, what: str, seconds: float) -> None:
        async def ask() -> bool:
            return await self._run(plugging.ask_back, server_id, find)

        async def back() -> bool:
            return await self._run(plugging.is_back, server_id, find)

        if not await ask():
            if not await self._until(server_id, ask, back, RELEASE_SECONDS, seconds):
                raise DetachTimedOut(f"{server_id} did not release {what} within {seconds:g} s")
            await ask()  # gone from the guest: now the definition forgets it

    async def _until(
        self,
        server_id: str,
        ask: Callable[[], Awaitable[object]],
        done: Callable[[], Awaitable[bool]],
        again: float,
        seconds: float,
    ) -> bool:
        """Wait until it is done (True) or `seconds` are over (False); ask for it anew every `again` seconds.

        Looks whenever libvirt reports something about the domain, and now and then without.
        """
        woken = asyncio.Event()
        self._wakers.setdefault(server_id, set()).add(woken)
        try:
            give_up = self._clock.monotonic() + seconds
            next_ask = self._clock.monotonic() + again
            while True:
                if self._clock.monotonic() >= next_ask:
                    await ask()
                    next_ask = self._clock.monotonic() + again
                if await done():
                    return True
                left = give_up - self._clock.monotonic()
                if left <= 0:
                    return False
                await self._woken_within(woken, min(left, LOOK_SECONDS))
        finally:
            self._wakers[server_id].discard(woken)
            if not self._wakers[server_id]:
                del self._wakers[server_id]

    async def _woken_within(self, woken: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(woken.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        woken.clear()

    def _look_at_machine(self, connection: Any) -> Capabilities:
        """Runs in a thread."""
        xml = connection.getCapabilities()
        info = connection.getInfo()
        return read_capabilities(
            xml,
            hostname=connection.getHostname(),
            vcpus=info[2],
            version=connection.getVersion(),
            accel="kvm" if self._accel == "kvm" else "tcg",
            storage=self._storage,
            meminfo=Path("/proc/meminfo").read_text(),
        )

    def _wake(self, server_id: str) -> None:
        for waker in self._wakers.get(server_id, ()):
            waker.set()

    def _heard_lifecycle(self, server_id: str, event: int, detail: int) -> None:
        found = lifecycle(event, detail)
        if found:
            self._hub.publish(Event(server_id, *found))
        self._wake(server_id)

    def _heard_reboot(self, server_id: str) -> None:
        self._hub.publish(Event(server_id, EventKind.REBOOTED, "guest"))
