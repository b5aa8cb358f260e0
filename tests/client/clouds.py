"""Clouds of tests: started and stopped by the `pileus` command as a user would, asked by the official clients."""

import contextlib
import io
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import openstack
from openstack.connection import Connection
from openstackclient.common.clientmanager import ClientManager
from openstackclient.shell import OpenStackShell
from osc_lib.clientmanager import ClientCache

SOURCES = Path(__file__).resolve().parents[2] / "src"
ADMIN, DEMO = "pileus-admin", "pileus"


def free_port() -> int:
    """A port of the loopback address that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pileus(*arguments: str, timeout: float = 120.0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the `pileus` command from the sources; never raises for its status."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), **options.pop("env", {})}
    command = [sys.executable, "-m", "pileus", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env=environment, check=False, **options
    )


class ClientFailed(Exception):
    """The `openstack` command ended with another status than 0; the message is what it printed to stderr."""


@dataclass(frozen=True)
class SimulatedCloud:
    """A simulated cloud that runs."""

    state: Path
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> int:
        """The serving process."""
        return int((self.state / "pileus.pid").read_text().split()[0])

    def connection(self, cloud: str = ADMIN, **options: Any) -> Connection:
        """A connection of openstacksdk."""
        with self._environment():
            return openstack.connect(cloud=cloud, **options)

    def openstack(self, *words: str, cloud: str = ADMIN) -> str:
        """What `openstack --os-cloud CLOUD WORDS` prints; in this process, because starting it takes seconds.

        Raises:
            ClientFailed: its status was not 0.
        """
        out, err = io.StringIO(), io.StringIO()
        with self._environment(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _logging_kept():
            try:
                status = OpenStackShell().run(["--os-cloud", cloud, *words])
            except SystemExit as ended:  # how its parser refuses an argument
                status = ended.code
            finally:
                _forget_clients()
        if status:
            raise ClientFailed(f"openstack {' '.join(words)}: {err.getvalue().strip()}")
        return out.getvalue()

    def json(self, *words: str, cloud: str = ADMIN) -> Any:
        """What `openstack … -f json` prints, decoded."""
        return json.loads(self.openstack(*words, "-f", "json", cloud=cloud))

    def table(self, *words: str, cloud: str = ADMIN) -> list[str]:
        """The first column of what a list command prints."""
        return [next(iter(row.values())) for row in self.json(*words, cloud=cloud)]

    def _environment(self) -> Any:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        kept["OS_CLIENT_CONFIG_FILE"] = str(self.state / "clouds.yaml")
        return mock.patch.dict(os.environ, kept, clear=True)


def _forget_clients() -> None:
    """The command keeps its clients on a class, for the one cloud that a process of it ever asks."""
    for kind in ClientManager.__mro__:
        for item in vars(kind).values():
            if isinstance(item, ClientCache):
                item._handle = None


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    """The command configures logging for the whole process and writes to the stderr of its time."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level


@contextlib.contextmanager
def simulated(state: Path, port: int | None = None) -> Iterator[SimulatedCloud]:
    """A simulated cloud of its own, taken down at the end."""
    port = port or free_port()
    started = pileus("up", "--simulated", "--state", str(state), "--listen", f"127.0.0.1:{port}", "--detach")
    assert started.returncode == 0, started.stderr
    try:
        yield SimulatedCloud(state, port)
    finally:
        stopped = pileus("down", "--state", str(state))
        assert stopped.returncode == 0, stopped.stderr
