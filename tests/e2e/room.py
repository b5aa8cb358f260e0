"""Namespaces of its own for a real cloud, so that it never meets what else the machine runs.

The first process of the pid namespace is a small shell: it collects orphans, and ends with the tests, however they
end; the kernel then ends everything else in there.  A second network namespace stands for what lies beyond the
machine's uplink.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyroute2 import netns

SOURCES = Path(__file__).resolve().parents[2] / "src"
BEYOND = "198.51.100.1"
"""An address that is reached through the machine's uplink only."""
UPLINK = "198.51.100.2"
"""This machine's address on its uplink."""
FOR_EVER = "1000000"

_ROOM = """
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
mount -t sysfs sysfs /sys
ip link set lo up
echo ready
cat
exit 0
"""

_OUTSIDE = f"""
set -e
ip link add uplink0 type veth peer name far netns "$1"
ip address add {UPLINK}/24 dev uplink0
ip link set uplink0 up
nsenter --net=/proc/$1/ns/net sh -ec 'ip link set lo up; ip address add {BEYOND}/24 dev far; ip link set far up'
ethtool -K uplink0 tx off > /dev/null
nsenter --net=/proc/$1/ns/net ethtool -K far tx off > /dev/null
ip route add default via {BEYOND}
"""


def until(true: Callable[[], Any], what: str, within: float = 60.0, pause: float = 0.2) -> Any:
    """What `true` returns, as soon as that is something."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(pause)
    raise AssertionError(f"waited {within:g} s in vain: {what}")


class Room:
    """The namespaces."""

    def __init__(self) -> None:
        self._first = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", _ROOM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._first.stdout is not None
        assert self._first.stdout.readline() == "ready\n"
        # unshare waits outside for the shell inside.
        children = Path(f"/proc/{self._first.pid}/task/{self._first.pid}/children").read_text()
        self.pid = int(children.split()[0])
        # Calls of the API are made by a thread that has gone over into the network namespace.
        self._inside = ThreadPoolExecutor(1, "inside", netns.setns, (f"/proc/{self.pid}/ns/net",))
        start = f"unshare --net sleep {FOR_EVER} > /dev/null 2>&1 & echo $!"
        beyond = self.run("sh", "-c", start).strip()
        space = f"/proc/{beyond}/ns/net"
        mine = self.run("readlink", "/proc/1/ns/net")
        until(lambda: self.run("readlink", space) != mine, "the outside", 10, 0.02)
        self.run("sh", "-c", _OUTSIDE, "sh", beyond)
        self.beyond = ("nsenter", f"--net={space}")

    def enter(self) -> list[str]:
        """The words before a command that is to run inside."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", "--"]

    def environment(self) -> dict[str, str]:
        """Of commands inside: Pileus is this source tree's, compiled once."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPATH": str(SOURCES)}

    def run(self, *command: str, timeout: float = 120) -> str:
        """What a command inside prints; it must succeed."""
        done = self.attempt(*command, timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def attempt(self, *command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """A command inside, which may fail."""
        return subprocess.run(
            [*self.enter(), *command], capture_output=True, text=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL, env=self.environment(), cwd="/",
        )  # fmt: skip

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A command inside that goes on beside the test."""
        return subprocess.Popen(
            [*self.enter(), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=self.environment(), cwd="/",
        )  # fmt: skip

    def call(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Call a function in the network namespace; sockets that it opens are there."""
        return self._inside.submit(function, *arguments, **more).result()

    def processes(self) -> dict[int, str]:
        """Ids (as seen inside) and command lines of everything that runs inside but the room itself."""
        rows = [line.split(None, 3) for line in self.run("ps", "-eo", "pid=,ppid=,stat=,args=").splitlines()]
        own = ("ps -eo", "cat", f"sleep {FOR_EVER}")
        return {
            int(pid): args
            for pid, parent, state, args in rows
            if pid != "1" and not state.startswith("Z") and not (args.startswith(own) and parent in "01")
        }

    def kill(self, pid: int, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process, by its id inside."""
        self.run("kill", f"-{int(number)}", str(pid))

    def traces(self) -> dict[str, set[str]]:
        """What a cloud can leave on a machine, by kind; must be the same before `up` and after `down`."""
        return {
            "processes": set(self.processes().values()),
            "links": {link["ifname"] for link in json.loads(self.run("ip", "-json", "link"))},
            "rules": set(self.run("nft", "list", "tables").splitlines()),
            "mounts": set(self.run("cat", "/proc/1/mounts").splitlines()),
            "namespaces": set(self.run("ip", "netns", "list").splitlines()),
            "routes": set(self.run("ip", "route").splitlines()),
            "forwarding": {self.run("cat", "/proc/sys/net/ipv4/ip_forward")},
        }

    def close(self) -> None:
        """End everything inside."""
        self._inside.shutdown()
        assert self._first.stdin is not None
        self._first.stdin.close()
        self._first.wait(30)
