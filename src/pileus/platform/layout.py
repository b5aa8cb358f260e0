"""Where everything about one cloud's machine lies, below its state folder."""

import hashlib
from pathlib import Path

SOCKET_PATH_LIMIT = 107
"""Longest path of a UNIX socket on Linux, in bytes (unix(7): sun_path, less the final zero)."""

_LONGEST_SOCKET = len("/ovn/ovn-controller.ctl")


class Layout:
    """The folders and files of one state folder.

    Sockets lie in `run`.  A state folder too deep for socket paths gets its `run` below /run/pileus instead.
    """

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        run = self.state / "run"
        if len(bytes(run)) + _LONGEST_SOCKET > SOCKET_PATH_LIMIT:
            digest = hashlib.sha256(bytes(self.state)).hexdigest()[:12]
            run = Path("/run/pileus") / digest
        self.run = run
        self.log = self.state / "log"
        self.record = self.state / "machine.json"
        self.lock = self.state / "machine.lock"
        self.vswitch_run = run / "ovs"
        """OVS_RUNDIR of the private Open vSwitch: database, bridge and control sockets."""
        self.ovn_run = run / "ovn"
        self.vswitch_database = self.state / "ovs" / "conf.db"
        self.northbound_database = self.state / "ovn" / "nb.db"
        self.southbound_database = self.state / "ovn" / "sb.db"
        self.libvirt = self.state / "libvirt"
        self.libvirt_run = run / "libvirt"

    @property
    def northbound_socket(self) -> Path:
        """OVN's northbound database: what the cloud wants."""
        return self.ovn_run / "nb.sock"

    @property
    def southbound_socket(self) -> Path:
        """OVN's southbound database: what the chassis do."""
        return self.ovn_run / "sb.sock"

    @property
    def libvirt_socket(self) -> Path:
        """The private libvirtd's read-write socket."""
        return self.libvirt_run / "libvirt-sock"

    def libvirt_mounts(self) -> dict[Path, Path]:
        """What the private libvirtd sees at the fixed places it was compiled for: place -> folder shown there."""
        return {
            Path("/etc/libvirt"): self.libvirt / "etc",
            Path("/var/lib/libvirt"): self.libvirt / "lib",
            Path("/var/cache/libvirt"): self.libvirt / "cache",
            Path("/var/log/libvirt"): self.log / "libvirt",
            Path("/run/libvirt"): self.libvirt_run,
        }

    def log_of(self, daemon: str) -> Path:
        """Where what a daemon prints is kept."""
        return self.log / f"{daemon}.log"

    def folders(self) -> tuple[Path, ...]:
        """All folders that must exist before the first daemon starts."""
        return (
            self.run,
            self.log,
            self.vswitch_run,
            self.ovn_run,
            self.vswitch_database.parent,
            self.northbound_database.parent,
            *self.libvirt_mounts().values(),
        )
