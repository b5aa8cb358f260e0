"""The simulated hypervisor of one host."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec.structs import replace

from pileus.host.hypervisor.errors import (
    DetachTimedOut,
    DeviceNotFound,
    DomainConflict,
    DomainNotFound,
    InvalidPowerState,
    NotEnoughResources,
)
from pileus.host.hypervisor.events import EventHub, EventStream
from pileus.host.hypervisor.spec import Disk, Nic, ServerSpec
from pileus.host.hypervisor.status import (
    Capabilities,
    CpuUsage,
    Diagnostics,
    DiskUsage,
    DomainStatus,
    Event,
    EventKind,
    NicUsage,
    PowerState,
    TcpEndpoint,
    UnixEndpoint,
)
from pileus.kernel.clock import Clock, SystemClock
from pileus.simulated.hypervisor import console
from pileus.simulated.hypervisor.faults import Faults
from pileus.simulated.hypervisor.ledger import DomainRecord, Ledger
from pileus.simulated.hypervisor.machine import Latency

ON = (PowerState.RUNNING, PowerState.PAUSED)


class SimulatedHypervisor:
    """Fulfils every protocol of a hypervisor in memory.

    Arguments:
        machine: what the host has.
        latency: how long calls take, waited for by `clock`.
        faults: planned failures, asked before and after every call.
        ledger: if set, domains are kept there, and those of this host are found again.
    """

    def __init__(
        self,
        machine: Capabilities,
        *,
        latency: Latency | None = None,
        clock: Clock | None = None,
        faults: Faults | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self._machine = machine
        self._latency = latency or Latency()
        self._clock = clock or SystemClock()
        self._faults = faults
        self._ledger = ledger
        self._hub = EventHub()
        kept = ledger.load(machine.hostname) if ledger else ()
        self._domains: dict[str, DomainRecord] = {record.spec.id: record for record in kept}

    # ---- Hypervisor

    async def capabilities(self) -> Capabilities:
        """See Hypervisor."""
        async with self._call("capabilities"):
            return self._machine

    async def spawn(self, spec: ServerSpec) -> None:
        """See Hypervisor. A guest larger than the whole machine cannot be started."""
        async with self._call("spawn"):
            old = self._domains.get(spec.id)
            if old and old.state in ON:
                return
            if any(r.spec.name == spec.name and r.spec.id != spec.id for r in self._domains.values()):
                raise DomainConflict(f"another domain is named {spec.name}")
            self._put(DomainRecord(spec=spec, boots=old.boots if old else 0))
            if spec.memory_mib > self._machine.memory_mib:
                raise NotEnoughResources(f"no room for {spec.memory_mib} MiB of memory")
            await self._wait(self._latency.spawn)
            self._boot(spec.id)

    async def start(self, server_id: str) -> None:
        """See Hypervisor."""
        async with self._call("start"):
            record = self._get(server_id)
            if record.state is PowerState.RUNNING:
                return
            if record.state is PowerState.PAUSED:
                raise InvalidPowerState(f"{server_id} is paused")
            await self._wait(self._latency.start)
            self._boot(server_id, "restored" if record.state is PowerState.SUSPENDED else "booted")

    async def stop(self, server_id: str, grace: float = 60.0) -> None:
        """See Hypervisor. A paused guest cannot hear the power button and is cut at once."""
        async with self._call("stop"):
            await self._down(server_id, grace)

    async def reboot(self, server_id: str, *, hard: bool, grace: float = 120.0) -> None:
        """See Hypervisor."""
        async with self._call("reboot"):
            await self._down(server_id, 0.0 if hard else grace)
            await self._wait(self._latency.start)
            self._boot(server_id)

    async def destroy(self, server_id: str) -> None:
        """See Hypervisor."""
        async with self._call("destroy"):
            if server_id not in self._domains:
                return
            await self._down(server_id, 0.0)
            self._domains.pop(server_id, None)
            if self._ledger:
                self._ledger.remove(self._machine.hostname, server_id)
            self._hub.publish(Event(server_id, EventKind.DELETED))

    async def domains(self) -> Sequence[DomainStatus]:
        """See Hypervisor."""
        async with self._call("domains"):
            return [DomainStatus(r.spec.id, r.state, r.reason) for r in self._domains.values()]

    def events(self) -> EventStream:
        """See Hypervisor."""
        return self._hub.listen()

    async def console_log(self, server_id: str, max_bytes: int) -> bytes:
        """See Hypervisor."""
        async with self._call("console_log"):
            return console.render(self._get(server_id), max_bytes)

    async def attach_nic(self, server_id: str, nic: Nic) -> None:
        """See Hypervisor."""
        async with self._call("attach_nic"):
            if any(n.port_id == nic.port_id for n in self._get(server_id).spec.nics):
                return
            await self._wait(self._latency.plug)
            spec = self._get(server_id).spec
            rest = tuple(n for n in spec.nics if n.port_id != nic.port_id)
            self._change(server_id, spec=replace(spec, nics=(*rest, nic)))

    async def detach_nic(self, server_id: str, port_id: str, timeout: float = 60.0) -> None:
        """See Hypervisor."""
        async with self._call("detach_nic"):
            left = tuple(n for n in self._get(server_id).spec.nics if n.port_id != port_id)
            if len(left) < len(self._get(server_id).spec.nics):
                await self._unplug(server_id, port_id, timeout)
                spec = self._get(server_id).spec
                left = tuple(n for n in spec.nics if n.port_id != port_id)
                self._change(server_id, spec=replace(spec, nics=left))

    async def close(self) -> None:
        """See Hypervisor. The ledger stays open: it is shared and belongs to its maker."""
        self._hub.close()

    # ---- Pausable

    async def pause(self, server_id: str) -> None:
        """See Pausable."""
        async with self._call("pause"):
            self._move(server_id, (PowerState.RUNNING,), PowerState.PAUSED, EventKind.PAUSED)

    async def unpause(self, server_id: str) -> None:
        """See Pausable."""
        async with self._call("unpause"):
            self._move(server_id, (PowerState.PAUSED,), PowerState.RUNNING, EventKind.RESUMED)

    async def suspend(self, server_id: str) -> None:
        """See Pausable."""
        async with self._call("suspend"):
            await self._wait(self._latency.save)
            self._move(server_id, (PowerState.RUNNING,), PowerState.SUSPENDED, EventKind.SUSPENDED)

    async def resume(self, server_id: str) -> None:
        """See Pausable."""
        async with self._call("resume"):
            await self._wait(self._latency.save)
            self._move(server_id, (PowerState.SUSPENDED,), PowerState.RUNNING, EventKind.STARTED)

    # ---- Diagnosable, Consoles, DiskPluggable

    async def diagnostics(self, server_id: str) -> Diagnostics:
        """See Diagnosable. One virtual second costs one processor second; nothing is read or written."""
        async with self._call("diagnostics"):
            record = self._running(server_id)
            uptime = int(self._clock.now().timestamp() - record.started_at)
            return Diagnostics(
                state=record.state,
                driver="simulated",
                hypervisor="simulated",
                uptime=uptime,
                memory_max_mib=record.spec.memory_mib,
                memory_used_mib=record.spec.memory_mib,
                cpus=tuple(CpuUsage(n, uptime * 10**9) for n in range(record.spec.vcpus)),
                disks=tuple(DiskUsage(target=disk.target) for disk in record.spec.disks),
                nics=tuple(NicUsage(mac=nic.mac) for nic in record.spec.nics),
            )

    async def vnc_endpoint(self, server_id: str) -> TcpEndpoint:
        """See Consoles. Nothing listens there."""
        async with self._call("vnc_endpoint"):
            listen = self._running(server_id).spec.graphics.vnc_listen
            if not listen:
                raise DeviceNotFound(f"{server_id} has no VNC screen")
            return TcpEndpoint(listen, 5900)

    async def serial_endpoint(self, server_id: str) -> UnixEndpoint:
        """See Consoles. Nothing listens there."""
        async with self._call("serial_endpoint"):
            path = self._running(server_id).spec.serial_socket
            if not path:
                raise DeviceNotFound(f"{server_id} has no serial console")
            return UnixEndpoint(path)

    async def attach_disk(self, server_id: str, disk: Disk) -> None:
        """See DiskPluggable."""
        async with self._call("attach_disk"):
            there = {d.target: d for d in self._get(server_id).spec.disks}.get(disk.target)
            if there and there.source == disk.source:
                return
            if there:
                raise DomainConflict(f"{server_id} has another disk as {disk.target}")
            await self._wait(self._latency.plug)
            spec = self._get(server_id).spec
            rest = tuple(d for d in spec.disks if d.target != disk.target)
            self._change(server_id, spec=replace(spec, disks=(*rest, disk)))

    async def detach_disk(self, server_id: str, target: str, timeout: float = 60.0) -> None:
        """See DiskPluggable."""
        async with self._call("detach_disk"):
            left = tuple(d for d in self._get(server_id).spec.disks if d.target != target)
            if len(left) < len(self._get(server_id).spec.disks):
                await self._unplug(server_id, target, timeout)
                spec = self._get(server_id).spec
                left = tuple(d for d in spec.disks if d.target != target)
                self._change(server_id, spec=replace(spec, disks=left))

    # ---- what only a simulation can do

    def crash(self, server_id: str) -> None:
        """Let the guest die, as if its process had been killed."""
        self._move(server_id, ON, PowerState.CRASHED, EventKind.CRASHED)

    def forget(self, server_id: str) -> None:
        """Lose a domain behind the cloud's back."""
        self._domains.pop(server_id, None)
        if self._ledger:
            self._ledger.remove(self._machine.hostname, server_id)

    # ---- inside

    @asynccontextmanager
    async def _call(self, name: str) -> AsyncIterator[None]:
        """Frame of every call: planned failures around it.

        Calls for one domain may overlap, as they do with a real hypervisor (a delete does not wait for a slow
        stop). So whoever waited must look at the domain again: it may have changed, or gone.
        """
        if self._faults:
            self._faults.check(name, "before")
        yield
        if self._faults:
            self._faults.check(name, "after")

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _get(self, server_id: str) -> DomainRecord:
        try:
            return self._domains[server_id]
        except KeyError:
            raise DomainNotFound(server_id) from None

    def _running(self, server_id: str) -> DomainRecord:
        record = self._get(server_id)
        if record.state not in ON:
            raise InvalidPowerState(f"{server_id} is not running")
        return record

    def _put(self, record: DomainRecord) -> None:
        self._domains[record.spec.id] = record
        if self._ledger:
            self._ledger.put(self._machine.hostname, record)

    def _change(self, server_id: str, **fields: object) -> None:
        self._put(replace(self._get(server_id), **fields))

    def _boot(self, server_id: str, reason: str = "booted") -> None:
        record = self._get(server_id)
        if record.state is PowerState.RUNNING:
            return
        boots = record.boots + (reason == "booted")
        self._change(
            server_id, state=PowerState.RUNNING, reason=reason, started_at=self._clock.now().timestamp(), boots=boots
        )
        self._hub.publish(Event(server_id, EventKind.STARTED, reason))

    async def _down(self, server_id: str, grace: float) -> None:
        record = self._get(server_id)
        if record.state is PowerState.SUSPENDED:
            self._change(server_id, state=PowerState.SHUTDOWN, reason="destroyed")
        if record.state not in ON:
            return
        grace = grace if record.state is PowerState.RUNNING else 0.0
        hears = grace > 0 and self._latency.shutdown <= grace
        await self._wait(self._latency.shutdown if hears else grace + self._latency.power_off)
        if self._get(server_id).state not in ON:
            return
        reason = "shutdown" if hears else "destroyed"
        self._change(server_id, state=PowerState.SHUTDOWN, reason=reason)
        self._hub.publish(Event(server_id, EventKind.STOPPED, reason))

    async def _unplug(self, server_id: str, device: str, timeout: float) -> None:
        """Wait as long as the guest needs for a device, at most `timeout` seconds."""
        if self._get(server_id).state not in ON:
            return
        await self._wait(min(self._latency.unplug, timeout))
        if self._latency.unplug > timeout:
            raise DetachTimedOut(f"{server_id} did not release {device} within {timeout:g} s")

    def _move(self, server_id: str, sources: Sequence[PowerState], target: PowerState, event: EventKind) -> None:
        state = self._get(server_id).state
        if state is target:
            return
        if state not in sources:
            raise InvalidPowerState(f"{server_id} is {state.name.lower()}")
        self._change(server_id, state=target, reason=event.value)
        self._hub.publish(Event(server_id, event))
