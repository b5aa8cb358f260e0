"""The state folder of one cloud: what lies where, and which process serves it."""

import contextlib
import os
import signal
from pathlib import Path

from pileus.kernel.clock import Clock
from pileus.platform.layout import Layout

_DEFAULT_ROOT = Path("/var/lib/pileus")


def default_folder() -> Path:
    """Where a cloud lives unless told otherwise: the system's place for root, the user's own for others."""
    if os.geteuid() == 0:
        return _DEFAULT_ROOT
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "pileus"


class StateFolder:
    """Names of files below one state folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.database = self.root / "pileus.db"
        self.settings = self.root / "settings.toml"
        self.policy = self.root / "policy"
        self.log = self.root / "log" / "pileus.log"
        self.clouds = self.root / "clouds.yaml"
        self.process = self.root / "pileus.pid"
        self.shape = self.root / "shape"
        """Which shape the cloud was made with ("simulated" or "real"); a folder keeps its shape."""
        self.furnished = self.root / "furnished"
        """There once the first networks were made; who deletes them later does not get them back."""

    def openrc(self, user: str) -> Path:
        """The shell file that makes the environment of a user."""
        return self.root / f"{user}-openrc.sh"

    @property
    def run(self) -> Path:
        """The folder of sockets."""
        return Layout(self.root).run

    def is_real(self) -> bool:
        """Whether a cloud with real servers lives here."""
        return self.shape.exists() and self.shape.read_text().strip() == "real"

    def wrong_shape(self, *, simulated: bool) -> str:
        """Why the folder cannot hold a cloud of that shape; empty, and the shape noted, if it can."""
        wanted = "simulated" if simulated else "real"
        try:
            present = self.shape.read_text().strip()
        except FileNotFoundError:
            self.shape.write_text(wanted + "\n")
            return ""
        if present == wanted:
            return ""
        return f"{self.root} holds a {present} cloud, not a {wanted} one. Choose another folder with --state DIR."

    def running(self) -> int | None:
        """The process that serves this cloud, if one does; told apart from a later process with the same number."""
        try:
            number, started = self.process.read_text().split()
        except (OSError, ValueError):
            return None
        return int(number) if start_time(int(number)) == started else None

    def take(self) -> None:
        """Note that this process serves the cloud."""
        self.process.write_text(f"{os.getpid()} {start_time(os.getpid())}")

    def release(self) -> None:
        """Note that nothing serves the cloud, unless another process does by now."""
        if self.running() in {None, os.getpid()}:
            self.process.unlink(missing_ok=True)


def start_time(process: int) -> str:
    """When a process started, in the kernel's ticks since boot; empty if there is none (proc(5))."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


async def end(folder: StateFolder, clock: Clock, patience: float = 30.0) -> bool:
    """Ask the serving process to stop and wait for it; whether there was one.  Killed when its patience is over."""
    process = folder.running()
    if process is None:
        return False
    # The process takes its note away before it ends, so it is the process that is watched, not the note.
    started = start_time(process)
    with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
        os.kill(process, signal.SIGTERM)
    waited = 0.0
    while started and start_time(process) == started:
        await clock.sleep(0.05)
        waited += 0.05
        if waited > patience:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    folder.release()
    return True
