"""The daemons of one machine as a table: what runs, how it is told to be alive, and what must run before it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from pileus.platform.daemons.liveness import Protocol
from pileus.platform.layout import Layout

STATE_MARK = "PILEUS_STATE"
"""Set in the environment of every daemon to its state folder, so that a stray one can be told from a foreign one."""

_QUIET = ("--no-chdir", "-vsyslog:off", "-vconsole:info")


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """One daemon: a row of the table.  It stays in the foreground and prints its log."""

    name: str
    purpose: str
    """What stands still while it does, for people."""
    command: tuple[str, ...]
    socket: Path
    """Where it answers.  `{pid}` in it stands for the id of the process, for daemons that will have it so."""
    protocol: Protocol
    needs: tuple[str, ...] = ()
    """The daemons that must answer before it is started."""
    farewell: tuple[str, ...] | None = None
    """If set, it is told `exit` on its control socket with these arguments, as on SIGTERM it would not clean up."""
    environment: Mapping[str, str] = {}
    log: Path
    patience: float = 20.0
    """Seconds it may take from its start to its first answer, and from being told to stop to its end."""

    def socket_of(self, pid: int) -> Path:
        """Where the process with that id answers."""
        return self.socket.with_name(self.socket.name.format(pid=pid))


class Switch(msgspec.Struct, frozen=True):
    """Which Open vSwitch the cloud uses."""

    run: Path
    """Its OVS_RUNDIR."""
    ours: bool
    """Whether Pileus starts and stops it."""
    datapath: Literal["system", "netdev"]
    controlled: bool
    """Whether the machine's own ovn-controller already serves it."""
    why: str
    """Why this one, for people."""

    @property
    def socket(self) -> Path:
        """Its database."""
        return self.run / "db.sock"


def table(layout: Layout, switch: Switch) -> tuple[Daemon, ...]:
    """The daemons that Pileus runs on this machine, in the order in which they can be started."""
    switching = _switching(layout, switch) if switch.ours else ()
    controller = () if switch.controlled else (_controller(layout, switch),)
    return (*switching, *_databases(layout), _northd(layout), *controller, _libvirtd(layout, switch))


def _marked(layout: Layout, **more: str) -> dict[str, str]:
    """The environment of a daemon.  Few malloc arenas: these daemons are small and few of their threads allocate."""
    return {STATE_MARK: str(layout.state), "MALLOC_ARENA_MAX": "2", **more}


def _switching(layout: Layout, switch: Switch) -> tuple[Daemon, ...]:
    run = switch.run
    environment = _marked(layout, OVS_RUNDIR=str(run))
    database = Daemon(
        name="ovsdb-server",
        purpose="the configuration of the local switch",
        command=(
            "ovsdb-server",
            *_QUIET,
            f"--remote=punix:{switch.socket}",
            f"--unixctl={run / 'ovsdb-server.ctl'}",
            str(layout.vswitch_database),
        ),
        socket=switch.socket,
        protocol="ovsdb",
        environment=environment,
        log=layout.log_of("ovsdb-server"),
    )
    control = run / "ovs-vswitchd.ctl"
    forwarding = Daemon(
        name="ovs-vswitchd",
        purpose="all frames between servers and to the outside",
        command=("ovs-vswitchd", *_QUIET, f"--unixctl={control}", f"unix:{switch.socket}"),
        socket=control,
        protocol="control",
        needs=("ovsdb-server",),
        farewell=("--cleanup",),  # it then removes its links
        environment=environment,
        log=layout.log_of("ovs-vswitchd"),
    )
    return (database, forwarding)


def _databases(layout: Layout) -> tuple[Daemon, ...]:
    def one(name: str, purpose: str, socket: Path, file: Path) -> Daemon:
        return Daemon(
            name=name,
            purpose=purpose,
            command=(
                "ovsdb-server",
                *_QUIET,
                f"--remote=punix:{socket}",
                f"--unixctl={layout.ovn_run / name}.ctl",
                str(file),
            ),
            socket=socket,
            protocol="ovsdb",
            environment=_marked(layout, OVN_RUNDIR=str(layout.ovn_run), OVS_RUNDIR=str(layout.ovn_run)),
            log=layout.log_of(name),
        )

    return (
        one("ovn-nb", "changes to networks", layout.northbound_socket, layout.northbound_database),
        one(
            "ovn-sb",
            "changes to networks and new ports",
            layout.southbound_socket,
            layout.southbound_database,
        ),
    )


def _northd(layout: Layout) -> Daemon:
    control = layout.ovn_run / "ovn-northd.ctl"
    return Daemon(
        name="ovn-northd",
        purpose="changes to networks and new ports",
        command=(
            "ovn-northd",
            *_QUIET,
            f"--unixctl={control}",
            f"--ovnnb-db=unix:{layout.northbound_socket}",
            f"--ovnsb-db=unix:{layout.southbound_socket}",
        ),
        socket=control,
        protocol="control",
        needs=("ovn-nb", "ovn-sb"),
        environment=_marked(layout, OVN_RUNDIR=str(layout.ovn_run), OVS_RUNDIR=str(layout.ovn_run)),
        log=layout.log_of("ovn-northd"),
    )


def _controller(layout: Layout, switch: Switch) -> Daemon:
    return Daemon(
        name="ovn-controller",
        purpose="new ports, DHCP answers and changed rules on this machine",
        command=("ovn-controller", *_QUIET, f"unix:{switch.socket}"),
        # It takes no name for its control socket (the option came after OVN 23.03) and makes one of its own.
        socket=layout.ovn_run / "ovn-controller.{pid}.ctl",
        protocol="control",
        farewell=(),  # it then removes its chassis from the southbound database
        needs=("ovs-vswitchd", "ovn-sb") if switch.ours else ("ovn-sb",),
        # It finds the bridges' management sockets below OVS_RUNDIR.
        environment=_marked(layout, OVS_RUNDIR=str(switch.run), OVN_RUNDIR=str(layout.ovn_run)),
        log=layout.log_of("ovn-controller"),
    )


def _libvirtd(layout: Layout, switch: Switch) -> Daemon:
    mounts = [f"{place}={folder}" for place, folder in layout.libvirt_mounts().items()]
    room = (
        sys.executable,
        "-I",
        "-S",
        str(Path(__file__).with_name("libvirt_room.py")),
        str(layout.libvirt / "accounts"),
    )
    return Daemon(
        name="libvirtd",
        purpose="starting, stopping and changing servers; running ones go on",
        command=(*room, *mounts, "--", "libvirtd"),
        socket=layout.libvirt_socket,
        protocol="libvirt",
        needs=("ovs-vswitchd",) if switch.ours else (),
        # libvirt plugs taps by calling ovs-vsctl, which finds the switch by OVS_RUNDIR.
        environment=_marked(layout, OVS_RUNDIR=str(switch.run), LIBVIRT_LOG_OUTPUTS="2:stderr"),
        log=layout.log_of("libvirtd"),
        patience=60.0,
    )
