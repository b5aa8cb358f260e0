"""Durable operations: done once, undone whole, and surviving the death of their engine at every journal write."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Column, String, Table, select

from pileus.kernel.operations import OPERATION_STEPS, OPERATIONS, Engine, Retry, Step, StepFailed
from pileus.kernel.operations.retention import Retention
from pileus.kernel.signals import Signals
from pileus.kernel.store import METADATA

THINGS = Table("test_things", METADATA, Column("id", String, primary_key=True), Column("state", String))


class Crash(BaseException):
    """The process dies here."""


class Outside:
    """The outside world that steps act on: idempotent sets."""

    def __init__(self):
        self.disks, self.domains, self.calls = set(), set(), []


class Build:
    kind, deadline = "thing.build", 60.0

    def __init__(self, outside, fail_at=""):
        self.outside, self.fail_at = outside, fail_at

    def steps(self):
        return (
            Step("claim", self.claim, undo=self.release, in_tx=True),
            Step("disk", self.disk, undo=self.no_disk),
            Step("spawn", self.spawn, undo=self.no_spawn),
        )

    def _act(self, name):
        self.outside.calls.append(name)
        if self.fail_at == name:
            raise StepFailed(f"no {name}", code=409)

    async def claim(self, run, tx):
        self._act("claim")
        await tx.run(THINGS.update().where(THINGS.c.id == run.resource_id).values(state="claimed"))
        return {"host": "h1"}

    async def release(self, run, tx):
        await tx.run(THINGS.update().where(THINGS.c.id == run.resource_id).values(state="released"))

    async def disk(self, run):
        self.outside.disks.add(run.resource_id)
        self._act("disk")
        assert run.output("claim") == {"host": "h1"}

    async def no_disk(self, run):
        self.outside.disks.discard(run.resource_id)

    async def spawn(self, run):
        self.outside.domains.add(run.resource_id)
        self._act("spawn")

    async def no_spawn(self, run):
        self.outside.domains.discard(run.resource_id)

    async def done(self, tx, run):
        await tx.run(THINGS.update().where(THINGS.c.id == run.resource_id).values(state="ACTIVE"))

    async def failed(self, tx, run, error):
        await tx.run(THINGS.update().where(THINGS.c.id == run.resource_id).values(state=f"ERROR {error}"))


class Remove:
    kind, deadline = "thing.remove", 60.0

    def __init__(self, outside):
        self.outside = outside

    def steps(self):
        return (Step("destroy", self.destroy),)

    async def destroy(self, run):
        self.outside.disks.discard(run.resource_id)
        self.outside.domains.discard(run.resource_id)

    async def done(self, tx, run):
        await tx.run(THINGS.delete().where(THINGS.c.id == run.resource_id))

    async def failed(self, tx, run, error):
        raise AssertionError(error)


def engine_of(store, world, outside, fail_at="", probe=None):
    engine = Engine(store, world, Signals(), node="n1", probe=probe)
    engine.register(Build(outside, fail_at), Remove(outside))
    return engine


async def accept(store, engine, id="t1"):
    async with store.write() as tx:
        await tx.insert(THINGS, {"id": id, "state": "new"})
        await engine.begin(tx, "thing.build", resource_type="thing", resource_id=id, request_id="req-1")


async def state(store, id="t1"):
    async with store.read() as tx:
        return await tx.scalar(select(THINGS.c.state).where(THINGS.c.id == id))


async def test_steps_happen_in_order_once(store, world):
    outside = Outside()
    engine = engine_of(store, world, outside)
    await accept(store, engine)
    await engine.idle()
    assert outside.calls == ["claim", "disk", "spawn"]
    assert await state(store) == "ACTIVE"
    async with store.read() as tx:
        steps = await tx.all(select(OPERATION_STEPS).order_by(OPERATION_STEPS.c.position))
        operation = await tx.first(select(OPERATIONS))
    assert [(s["name"], s["state"]) for s in steps] == [("claim", "done"), ("disk", "done"), ("spawn", "done")]
    assert (operation["state"], operation["owner"], operation["request_id"]) == ("done", None, "req-1")


@pytest.mark.parametrize("fail_at", ["claim", "disk", "spawn"])
async def test_a_failure_undoes_everything_and_says_why(store, world, fail_at):
    outside = Outside()
    engine = engine_of(store, world, outside, fail_at)
    await accept(store, engine)
    await engine.idle()
    assert (outside.disks, outside.domains) == (set(), set())
    assert await state(store) == f"ERROR no {fail_at}"
    async with store.read() as tx:
        operation = await tx.first(select(OPERATIONS))
    assert operation["state"] == "failed"
    assert (operation["error"]["step"], operation["error"]["code"]) == (fail_at, 409)


async def test_a_request_that_rolls_back_leaves_no_run(store, world):
    engine = engine_of(store, world, Outside())
    with pytest.raises(RuntimeError):
        async with store.write() as tx:
            await engine.begin(tx, "thing.build", resource_type="thing", resource_id="t1")
            raise RuntimeError
    await engine.idle()
    async with store.read() as tx:
        assert await tx.all(select(OPERATIONS)) == []


def journal_points(fail_at):
    forward = ["claim", "disk", "spawn"]
    names = forward[: forward.index(fail_at)] if fail_at else [*forward, "done"]
    if fail_at:
        undone = forward[: forward.index(fail_at) + 1]
        names += ["failure", *[f"undo {n}" for n in reversed(undone)], "failed"]
    return [f"{when} {name}" for name in names for when in ("before", "after")]


@pytest.mark.parametrize(("fail_at", "point"), [(f, p) for f in ("", "disk", "spawn") for p in journal_points(f)])
async def test_an_engine_that_dies_at_any_journal_write_is_followed_by_one_that_finishes(
    quick_store, world, fail_at, point
):
    outside, hit = Outside(), []

    def probe(here):
        if here == point and not hit:
            hit.append(here)
            raise Crash(here)

    dying = engine_of(quick_store, world, outside, fail_at, probe)
    await accept(quick_store, dying)
    with pytest.raises(Crash):
        await asyncio.gather(*dying._tasks.values())
    assert hit
    next_engine = engine_of(quick_store, world, outside, fail_at)
    await next_engine.idle()
    alive = set() if fail_at else {"t1"}
    assert (outside.disks, outside.domains) == (alive, alive)
    assert await state(quick_store) == (f"ERROR no {fail_at}" if fail_at else "ACTIVE")


async def test_removal_cancels_a_build_and_runs_after_it(store, world):
    outside = Outside()
    engine = engine_of(store, world, outside)
    held = asyncio.Event()

    async def slow(run):
        outside.disks.add(run.resource_id)
        await held.wait()

    engine.kind("thing.build").disk = slow
    await accept(store, engine)
    while not outside.disks:
        await asyncio.sleep(0.01)
    async with store.write() as tx:
        await engine.begin(tx, "thing.remove", resource_type="thing", resource_id="t1", cancels=True)
    await engine.idle()
    assert await state(store) is None
    assert (outside.disks, outside.domains) == (set(), set())
    async with store.read() as tx:
        kinds = {o["kind"]: o for o in await tx.all(select(OPERATIONS))}
    assert kinds["thing.build"]["state"] == "failed"
    assert kinds["thing.build"]["error"]["type"] == "Cancelled"
    assert kinds["thing.remove"]["state"] == "done"


async def test_a_step_that_asks_for_patience_is_tried_again(store, world):
    outside, tries = Outside(), []
    engine = engine_of(store, world, outside)

    async def hesitant(run):
        tries.append(1)
        if len(tries) < 3:
            raise Retry("not yet", 0.01)

    engine.kind("thing.build").disk = hesitant
    await accept(store, engine)
    await engine.idle()
    assert (len(tries), await state(store)) == (3, "ACTIVE")


async def test_a_run_past_its_deadline_fails(store, world):
    outside = Outside()
    engine = engine_of(store, world, outside)
    kind = engine.kind("thing.build")
    kind.deadline = 0.05

    async def never(run):
        raise Retry("never", 0.02)

    kind.disk = never
    await accept(store, engine)
    await engine.idle()
    assert (await state(store)).startswith("ERROR thing.build did not finish")


async def test_two_engines_do_not_run_the_same_run(store, world):
    outside = Outside()
    first = engine_of(store, world, outside)
    other = Engine(store, world, Signals(), node="n2")
    other.register(Build(outside), Remove(outside))
    held = asyncio.Event()

    async def slow(run):
        await held.wait()

    first.kind("thing.build").disk = slow
    await accept(store, first)
    await asyncio.sleep(0.01)
    assert await other.take_up() == 0
    held.set()
    await first.idle()
    assert outside.calls.count("spawn") == 1


async def test_runs_that_ended_long_ago_are_forgotten_with_their_steps(store, world):
    engine = engine_of(store, world, Outside())
    await accept(store, engine)
    await engine.idle()
    assert await Retention(store, world, days=1).converge() == 0
    async with store.write() as tx:
        await tx.run(OPERATIONS.update().values(finished_at=world.clock.now() - timedelta(days=2)))
    assert await Retention(store, world, days=1).converge() == 1
    async with store.read() as tx:
        assert await tx.all(select(OPERATIONS)) == []
        assert await tx.all(select(OPERATION_STEPS)) == []
    assert await state(store) == "ACTIVE"
