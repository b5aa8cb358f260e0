"""Reconcilers: loops without input, woken by a signal or a timer, that read the truth and close the difference."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from pileus.kernel import log
from pileus.kernel.signals import Signals
from pileus.kernel.world import World

LOG = log.get("reconcile")
MOST_WAIT = 60.0


class Reconciler(Protocol):
    """Keeps one thing true."""

    @property
    def name(self) -> str:
        """Unique; in logs, `/metrics` and `pileus status`."""
        ...

    @property
    def interval(self) -> float:
        """Seconds between two looks when nothing wakes it."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """Signals that wake it."""
        ...

    async def converge(self) -> int:
        """Look at the wanted and the real state and close the difference; how many differences were closed."""
        ...


@dataclass(slots=True)
class Health:
    """How a reconciler fares.

    Attributes:
        runs, closed: how often it looked, and how many differences it closed, since the start.
        error: what its last look ended with; empty when it went well.
        failures: how many looks failed in a row.
    """

    runs: int = 0
    closed: int = 0
    failures: int = 0
    error: str = ""


class Loops:
    """Runs reconcilers, each in a task of its own."""

    def __init__(self, world: World, signals: Signals) -> None:
        self._world = world
        self._signals = signals
        self._members: list[Reconciler] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.health: dict[str, Health] = {}

    def add(self, *members: Reconciler) -> None:
        """Add reconcilers; before `start`."""
        for member in members:
            self._members.append(member)
            self.health[member.name] = Health()

    async def start(self) -> None:
        """Start every loop; each looks at once."""
        self._tasks = [asyncio.get_running_loop().create_task(self._loop(m), name=m.name) for m in self._members]

    async def stop(self) -> None:
        """Stop every loop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def once(self) -> int:
        """Let every reconciler look once, in the order they were added; how many differences were closed."""
        return sum([await member.converge() for member in self._members])

    async def _loop(self, member: Reconciler) -> None:
        listener = self._signals.listen(*member.topics)
        health = self.health[member.name]
        while True:
            wait = member.interval
            try:
                health.closed += await member.converge()
                health.failures, health.error = 0, ""
            except Exception as error:
                health.failures += 1
                health.error = f"{type(error).__name__}: {error}"
                wait = min(2.0 ** min(health.failures, 10), MOST_WAIT)
                LOG.warning("reconciler failed", reconciler=member.name, error=health.error, again_in=wait)
            health.runs += 1
            await listener.wait(self._world.clock, wait)
