"""One cloud's machine: brings it up, keeps it up, takes it down.  The door to this package."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from pileus.kernel.clock import Clock, SystemClock
from pileus.platform.daemons import databases, libvirt_files
from pileus.platform.daemons.events import DaemonEvent, DaemonStatus
from pileus.platform.daemons.keeping import tail
from pileus.platform.daemons.supervisor import Supervisor
from pileus.platform.daemons.table import Switch, table
from pileus.platform.inspection import doctor, facts
from pileus.platform.layout import Layout
from pileus.platform.lock import Lock
from pileus.platform.plan import Connections, Plan
from pileus.platform.record import Entry, Record
from pileus.platform.removal import guests, leftovers, sweep
from pileus.platform.removal.mounts import is_mount_point
from pileus.platform.switching import choice
from pileus.platform.switching.chassis import Chassis
from pileus.platform.switching.uplink import NFT_TABLE, Uplink

Progress = Callable[[str], None]
"""Called with a line for people, in the present tense, when a part begins."""


class MachineStatus(msgspec.Struct, frozen=True):
    """How the machine does."""

    switch: str
    """Which Open vSwitch, over which datapath, and why."""
    daemons: tuple[DaemonStatus, ...]
    guests: tuple[str, ...]
    """The servers whose QEMU runs."""


class NotUsable(Exception):
    """The machine cannot carry real servers; the message has one line per reason with its remedy."""


class _Parts:
    """What is built once the switch has been chosen."""

    def __init__(self, plan: Plan, layout: Layout, switch: Switch, record: Record, clock: Clock) -> None:
        self.switch = switch
        self.chassis = Chassis(plan, layout, switch, record)
        self.uplink = Uplink(plan, switch, record)
        self._plan = plan
        self._layout = layout
        self._record = record
        self.supervisor = Supervisor(
            table(layout, switch),
            record,
            clock,
            prepare={
                "ovsdb-server": self._prepare_switch,
                "ovn-nb": lambda: databases.ensure("northbound", layout.northbound_database),
                "ovn-sb": lambda: databases.ensure("southbound", layout.southbound_database),
                "libvirtd": lambda: asyncio.to_thread(libvirt_files.write, plan, layout),
            },
            settle={
                "ovsdb-server": self._introduce,
                "ovs-vswitchd": self.connect,
            },
            part={"ovs-vswitchd": self.chassis.remove},
        )

    async def connect(self, _again: bool = True) -> None:
        """Make bridges and uplink what they should be; repeated whenever the switch was started again."""
        await self.chassis.make_bridges()
        await self.uplink.connect()

    async def _prepare_switch(self) -> None:
        # Ports of an earlier boot are gone, and the database would ask for them for ever.
        if not self._record.entries("bridge"):
            self._layout.vswitch_database.unlink(missing_ok=True)
        await databases.ensure("vswitch", self._layout.vswitch_database)

    async def _introduce(self, _again: bool) -> None:
        await self.chassis.introduce()


class Machine:
    """The machine below one cloud.

    Use: `await up()`, then either keep the process and follow `events()`, or `await release()` and end; the daemons go
    on and the next `up()` finds them.  `down()` removes everything, also what an earlier, killed Pileus left.
    """

    def __init__(self, plan: Plan, clock: Clock | None = None) -> None:
        self.plan = plan
        self.layout = Layout(plan.state)
        self.record = Record(self.layout.record)
        self._lock = Lock(self.layout.lock)
        self._clock = clock or SystemClock()
        self._parts: _Parts | None = None

    async def up(self, progress: Progress = lambda _line: None) -> Connections:
        """Start what does not run, and join this machine to its networks.  Safe to repeat.

        Raises:
            NotUsable: something vital is missing.
            InUse: another process looks after this machine.
            NoSwitch: the Open vSwitch that was asked for cannot be used.
            AddressTaken: the external network is in use on this machine.
            DaemonFailed: a daemon did not come up.
            CommandFailed: the machine refused a change.
        """
        vital = [check for check in await self.doctor() if check.vital and not check.ok]
        if vital:
            raise NotUsable("\n".join(f"{c.name}: {c.found}; {c.cost}.  To mend: {c.remedy}" for c in vital))
        self._lock.take()
        await self.record.load()
        await self._make_folders()
        parts = await self._choose()
        progress(f"Open vSwitch: {'own' if parts.switch.ours else 'of the machine'}, {parts.switch.datapath} datapath")
        await parts.uplink.refuse_conflicts()
        datapath = parts.switch.datapath
        name = "private" if parts.switch.ours else "system"
        await self.record.note(Entry(kind="switch", name=name, detail=datapath))
        if not parts.switch.ours:
            await parts.chassis.introduce()
            await parts.connect()
        progress("starting the daemons of switch, OVN and libvirt")
        await parts.supervisor.up()
        return self.connections()

    def connections(self) -> Connections:
        """How to reach the daemons; only after `up`."""
        assert self._parts is not None, "up() has not been called"
        switch = self._parts.switch
        return Connections(
            northbound=f"unix:{self.layout.northbound_socket}",
            southbound=f"unix:{self.layout.southbound_socket}",
            vswitch=f"unix:{switch.socket}",
            vswitch_run=switch.run,
            hypervisor=f"qemu+unix:///system?socket={self.layout.libvirt_socket}",
            datapath=switch.datapath,
        )

    async def repair(self) -> None:
        """Put bridges and uplink right again, whatever was done to them; only after `up`."""
        assert self._parts is not None, "up() has not been called"
        await self._parts.chassis.introduce()
        await self._parts.connect()

    async def release(self) -> None:
        """Stop watching; daemons, guests and networks go on."""
        if self._parts is not None:
            await self._parts.supervisor.release()
        self._lock.give_back()

    async def down(self, progress: Progress = lambda _line: None) -> list[leftovers.Leftover]:
        """Remove everything of this cloud from the machine but its state folder; what could not be removed.

        Databases of networks stay in the state folder: they are the cloud's state, not the machine's.

        Raises:
            InUse: another process looks after this machine; it would start again what is stopped.
        """
        self._lock.take()
        if self._parts is None:
            await self.record.load()
            await self._recollect()
        parts = self._parts or await self._choose()
        await parts.supervisor.release()  # nothing may be started again while it is taken down
        progress("ending guests")
        await guests.end_all(self.layout)
        await sweep.namespaces(self.record)
        progress("stopping daemons")
        await parts.supervisor.down()
        if not parts.switch.ours:
            with contextlib.suppress(Exception):  # the machine's own switch may be gone by now
                await parts.chassis.remove()
        progress("removing links, rules and sockets")
        await parts.uplink.disconnect()
        await sweep.everything(self.plan, self.layout, self.record)
        self._parts = None
        self._lock.give_back()
        return await self.leftovers()

    async def status(self) -> MachineStatus:
        """How daemons and guests do; only after `up`."""
        assert self._parts is not None, "up() has not been called"
        switch = self._parts.switch
        running = await asyncio.to_thread(guests.find, self.layout)
        return MachineStatus(
            switch=f"{'own' if switch.ours else 'of the machine'}, {switch.datapath} datapath ({switch.why})",
            daemons=tuple(await self._parts.supervisor.status()),
            guests=tuple(guest.name for guest in running),
        )

    def events(self) -> AsyncIterator[DaemonEvent]:
        """What happens to the daemons from now on; only after `up`."""
        assert self._parts is not None, "up() has not been called"
        return self._parts.supervisor.events()

    async def leftovers(self) -> list[leftovers.Leftover]:
        """What of this cloud is on the machine now; empty after `down`."""
        await self.record.load()
        return await leftovers.find(self.plan, self.layout, self.record)

    async def doctor(self) -> list[doctor.Check]:
        """What is missing on this machine, what that costs and how to mend it."""
        return await doctor.examine(await facts.probe(self.plan.state))

    def logs(self) -> dict[str, Path]:
        """The log of each daemon that has one, by name."""
        return {path.stem: path for path in sorted(self.layout.log.glob("*.log"))}

    async def log_tail(self, daemon: str, lines: int = 20) -> str:
        """The last lines of a daemon's log; empty if there is none."""
        return await asyncio.to_thread(tail, self.layout.log_of(daemon), lines)

    async def _choose(self) -> _Parts:
        switch = await choice.choose(self.plan, self.layout, self.record)
        self._parts = _Parts(self.plan, self.layout, switch, self.record, self._clock)
        return self._parts

    async def _recollect(self) -> None:
        """Note what must have been made when the record was lost while the cloud was up."""
        if self.record.entries("switch") or not await asyncio.to_thread(self.layout.vswitch_database.exists):
            return
        kernel = await choice.kernel_datapath()
        await self.record.note(Entry(kind="switch", name="private", detail="system" if kernel else "netdev"))
        for bridge in (self.plan.integration_bridge, self.plan.external_bridge):
            await self.record.note(Entry(kind="bridge", name=bridge))
        await self.record.note(Entry(kind="nft-table", name=f"ip {NFT_TABLE}"))

    async def _make_folders(self) -> None:
        for folder in self.layout.folders():
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        for place in self.layout.libvirt_mounts():
            # Something must be there to mount over.  Debian's package brings all but those below /run.
            if not await asyncio.to_thread(place.exists):
                await self.record.note(Entry(kind="folder", name=str(place)))
                await asyncio.to_thread(place.mkdir, parents=True)
        # The first network namespace on a machine makes iproute2 mount this folder onto itself.
        namespaces = leftovers.NAMESPACES
        if not await asyncio.to_thread(namespaces.exists):
            await self.record.note(Entry(kind="folder", name=str(namespaces)))
        if not await asyncio.to_thread(is_mount_point, namespaces):
            await self.record.note(Entry(kind="mount", name=str(namespaces)))
