"""A harness for durable operations: whatever fails, and whenever the process dies, nothing leaks.

A `Scenario` tells how a cloud is prepared, how its operation is begun, and what must hold afterwards.  The harness runs
it undisturbed once to learn the steps and the journal's writes, and then once for each disturbance:

* each step fails before it does anything, and after it did everything;
* each step, and each undo, is done twice;
* the process dies before and after each write of the journal, and another takes the run over (in an undisturbed
  run, and in one whose last step fails, so that the undoing is cut off as well).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from pileus.kernel.operations import Step, StepFailed


class Death(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Scenario:
    """One operation kind in one situation.

    Attributes:
        kind: the operation's kind, which is the one that is disturbed.
        build: makes a fresh cloud with an engine: (probe) -> cloud.
        prepare: brings the cloud to where the operation can be begun; its result is handed on.
        begin: begins the operation.
        check: raises if something leaked; (cloud, prepared, whether the operation was made to fail).
        again: makes a second engine over the same world, as a new process would.
    """

    kind: str
    build: Callable[[Callable[[str], None]], Awaitable[Any]]
    prepare: Callable[[Any], Awaitable[Any]]
    begin: Callable[[Any, Any], Awaitable[Any]]
    check: Callable[[Any, Any, bool], Awaitable[None]]
    again: Callable[[Any], Awaitable[Any]]


class Disturbed:
    """An operation kind whose steps are changed."""

    def __init__(self, kind: Any, change: Callable[[int, Step], Step]) -> None:
        self._kind = kind
        self._change = change
        self.kind = kind.kind
        self.deadline = kind.deadline
        self.done = kind.done
        self.failed = kind.failed

    def steps(self) -> tuple[Step, ...]:
        return tuple(self._change(position, step) for position, step in enumerate(self._kind.steps()))


def failing(at: int, when: str) -> Callable[[int, Step], Step]:
    """The step at a position fails, "before" or "after" it did what it does."""

    def change(position: int, step: Step) -> Step:
        if position != at:
            return step

        async def do(*arguments: Any) -> Any:
            if when == "after":
                await step.do(*arguments)
            raise StepFailed(f"{step.name} was made to fail {when}")

        return replace(step, do=do)

    return change


def twice(_position: int, step: Step) -> Step:
    """Every step and every undo is done twice."""

    async def do(*arguments: Any) -> Any:
        await step.do(*arguments)
        return await step.do(*arguments)

    async def undo(*arguments: Any) -> Any:
        assert step.undo is not None
        await step.undo(*arguments)
        return await step.undo(*arguments)

    return replace(step, do=do, undo=undo if step.undo else None)


class Points:
    """A probe that counts the journal's writes of a run and dies at one of them."""

    def __init__(self, die_at: int | None = None) -> None:
        self.seen: list[str] = []
        self.die_at = die_at
        self.armed = False
        self.died = False

    def __call__(self, point: str) -> None:
        if not self.armed:
            return
        self.seen.append(point)
        if len(self.seen) - 1 == self.die_at:
            self.died = True
            raise Death(point)


def _disturb(cloud: Any, kind: str, change: Callable[[int, Step], Step] | None) -> None:
    if change is not None:
        cloud.engine._kinds[kind] = Disturbed(cloud.engine._kinds[kind], change)


async def run(
    scenario: Scenario, change: Callable[[int, Step], Step] | None = None, die_at: int | None = None
) -> Points:
    """Run a scenario once, with a disturbance, and check what is left."""
    points = Points(die_at)
    cloud = await scenario.build(points)
    try:
        prepared = await scenario.prepare(cloud)
        _disturb(cloud, scenario.kind, change)
        points.armed = True
        await scenario.begin(cloud, prepared)
        while cloud.engine._tasks and not points.died:
            await asyncio.wait(list(cloud.engine._tasks.values()))
            await asyncio.sleep(0)
        await cloud.engine.stop()
        points.armed = False
        cloud = await scenario.again(cloud)
        _disturb(cloud, scenario.kind, change)
        await cloud.engine.idle()
        await scenario.check(cloud, prepared, change is not None and change is not twice)
    finally:
        await cloud.engine.stop()
    return points


async def torment(scenario: Scenario, steps: int) -> int:
    """Every disturbance there is; how many runs it took."""
    undisturbed = await run(scenario)
    runs = 2
    await run(scenario, twice)
    for at in range(steps):
        for when in ("before", "after"):
            await run(scenario, failing(at, when))
            runs += 1
    for die_at in range(len(undisturbed.seen)):
        points = await run(scenario, None, die_at)
        assert points.died
        runs += 1
    last = failing(steps - 1, "after")
    failed = await run(scenario, last)
    for die_at in range(len(failed.seen)):
        points = await run(scenario, last, die_at)
        assert points.died
        runs += 1
    return runs
