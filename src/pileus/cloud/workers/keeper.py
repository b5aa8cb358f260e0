"""Starts workers, starts those again that end, and ends all of them."""

import asyncio
import contextlib
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from pileus.kernel import log
from pileus.kernel.clock import Clock

LOG = log.get("workers")
PATIENCE = 15.0
"""Seconds that a worker has to end what it is doing."""
LONGEST_WAIT = 10.0
"""Seconds before a worker that ends again and again is started anew, at the most."""


class Listener(msgspec.Struct, frozen=True):
    """Where objects are served by processes of their own.

    Attributes:
        url: what its address looks like from outside.
        identity_url: where tokens are to be had.
    """

    address: str
    port: int
    url: str
    identity_url: str


class Keeper:
    """Keeps so many workers alive on one listener; each has a socket of its own on the same port.

    Args:
        state: the cloud's state folder.
        log_file: where the workers' lines go.
    """

    def __init__(self, state: Path, log_file: Path, listener: Listener, count: int, clock: Clock) -> None:
        self._state = state
        self._log_file = log_file
        self.listener = listener
        self._count = count
        self._clock = clock
        self._place: socket.socket | None = None
        self._alive: dict[int, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._starts = 0

    def reserve(self) -> None:
        """Take the port, so that it stays ours while no worker listens.

        Raises:
            OSError: another program has it.
        """
        family = socket.AF_INET6 if ":" in self.listener.address else socket.AF_INET
        place = socket.socket(family, socket.SOCK_STREAM)
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:  # shared with nobody: told from other programs
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((self.listener.address, self.listener.port))
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            place.bind((self.listener.address, self.listener.port))
        except OSError:
            place.close()
            raise
        self._place = place

    async def start(self) -> None:
        """Start the workers; returns when each has answered or ended once."""
        loop = asyncio.get_running_loop()
        first = [loop.create_future() for _ in range(self._count)]
        self._tasks = [loop.create_task(self._keep(number, ready)) for number, ready in enumerate(first)]
        await asyncio.gather(*first)

    async def _keep(self, number: int, ready: asyncio.Future[None]) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            process = await self._spawn()
            self._alive[number] = process
            assert process.stdout is not None
            if await process.stdout.read(1):
                failures = 0
            if not ready.done():
                ready.set_result(None)
            status = await process.wait()
            del self._alive[number]
            failures = failures + 1 if self._clock.monotonic() - began < LONGEST_WAIT else 0
            wait = min(0.05 * 2.0**failures, LONGEST_WAIT) if failures > 1 else 0.0
            LOG.warning("worker ended", worker=number, status=status, again_in=wait)
            await self._clock.sleep(wait)

    async def _spawn(self) -> asyncio.subprocess.Process:
        self._starts += 1
        listener = self.listener
        command = [sys.executable, "-m", "pileus.cloud.workers.process", str(self._state)]
        command += [listener.address, str(listener.port), listener.url, listener.identity_url]
        with self._log_file.open("ab") as written:
            return await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=written
            )

    def status(self) -> dict[str, Any]:
        """How the workers do."""
        again = self._starts - self._count
        return {
            "listener": self.listener.url,
            "workers": f"{len(self._alive)} of {self._count}" + (f", started again {again} times" if again > 0 else ""),
            "processes": ", ".join(str(process.pid) for process in self._alive.values()),
        }

    async def stop(self) -> None:
        """End every worker."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self._alive.values():
            _send(process, signal.SIGTERM)
        ended = [asyncio.ensure_future(process.wait()) for process in self._alive.values()]
        if ended:
            _done, slow = await asyncio.wait(ended, timeout=PATIENCE)
            if slow:
                for process in self._alive.values():
                    _send(process, signal.SIGKILL)
                await asyncio.wait(slow)
        self._alive.clear()
        if self._place is not None:
            self._place.close()
            self._place = None


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
