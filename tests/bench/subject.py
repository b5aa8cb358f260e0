"""The cloud that is measured: a simulated one of its own, in a process of its own, with its costs read from /proc."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import yaml
from tests.bench.load import Client, Refused

import pileus

_SETTINGS = """\
[simulated]
vcpus = 1024
memory_mib = 1048576
disk_gib = 65536
"""
"""Hosts that hold more than a thousand servers."""

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """What a process costs."""

    def __init__(self, number: int) -> None:
        self._place = Path(f"/proc/{number}")

    def cpu(self) -> float:
        """Processor seconds so far, its own and those of its ended children."""
        fields = (self._place / "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS

    def memory(self) -> dict[str, float]:
        """Proportional, resident and unshared memory, MiB."""
        found = {"pss": 0.0, "rss": 0.0, "uss": 0.0}
        for line in (self._place / "smaps_rollup").read_text().splitlines()[1:]:
            name, size = line.split(":")[0].lower(), int(line.split()[1]) / 1024
            key = "uss" if name.startswith("private_") and name != "private_hugetlb" else name
            if key in found:
                found[key] += size
        return {key: round(value, 1) for key, value in found.items()}


class SimulatedCloud:
    """A simulated cloud in a temporary folder; ends with its block.

    Attributes:
        process: the serving process, while it is up.
    """

    process: Process

    def __enter__(self) -> "SimulatedCloud":
        self._folder = Path(tempfile.mkdtemp(prefix="pileus-bench-"))
        self.state = self._folder / "state"
        self.state.mkdir()
        (self.state / "settings.toml").write_text(_SETTINGS)
        self._listen = f"127.0.0.1:{free_port()}"
        # an installed Pileus has its bytecode compiled; here it is compiled by the first start and kept
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(Path(pileus.__file__).parent.parent),
            "PYTHONPYCACHEPREFIX": str(self._folder / "bytecode"),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("down", "--state", str(self.state))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "pileus", *arguments],
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    async def up(self) -> dict[str, float]:
        """Start it; the seconds until each API has answered, and the processor seconds that this took."""
        begun, children = time.perf_counter(), os.times()
        command = ("up", "--simulated", "--state", str(self.state), "--listen", self._listen, "--detach")
        await asyncio.to_thread(self._run, *command)
        client = await self.client()
        for path in ("image:/v2/images", "compute:/servers", "network:/v2.0/networks", "placement:/"):
            # whatever it says: that it answers is what counts
            with contextlib.suppress(Refused):
                await client.call("GET", path)
        wall = time.perf_counter() - begun
        number = int((self.state / "pileus.pid").read_text().split()[0])
        self.process = Process(number)
        after = os.times()
        own = after.children_user + after.children_system - children.children_user - children.children_system
        return {"seconds": round(wall, 2), "cpu_seconds": round(self.process.cpu() + own, 2)}

    async def down(self) -> None:
        """Stop it; its state stays."""
        await asyncio.to_thread(self._run, "down", "--state", str(self.state))

    async def client(self) -> Client:
        """The administrator, logged in, with no quota in the way."""
        client = client_of(self.state, "pileus-admin")
        await client.login()
        unlimited = dict.fromkeys(("instances", "cores", "ram"), -1)
        await client.call("PUT", f"compute:/os-quota-sets/{client.project_id}", {"quota_set": unlimited})
        unlimited = dict.fromkeys(("port", "network", "subnet"), -1)
        await client.call("PUT", f"network:/v2.0/quotas/{client.project_id}", {"quota": unlimited})
        return client


def client_of(state: Path, cloud: str) -> Client:
    """A user of the cloud in a state folder, not yet logged in."""
    auth = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"][cloud]["auth"]
    return Client(auth["auth_url"], auth["username"], auth["password"], auth["project_name"])
