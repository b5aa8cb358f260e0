"""Executes durable operations: takes runs, does their steps, undoes what failed, and survives its own death."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import func, select, update

from pileus.kernel import log
from pileus.kernel.operations import journal
from pileus.kernel.operations.declare import Kind
from pileus.kernel.operations.execution import Execution
from pileus.kernel.operations.journal import OPERATIONS, UNFINISHED
from pileus.kernel.signals import Signals
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

LOG = log.get("operations")
LEASE = timedelta(seconds=30)
TOPIC = "operations"
MOST_AT_ONCE = 64


class Probe(Protocol):
    """Told of every journal write, so that a test can stop the engine there."""

    def __call__(self, point: str) -> None:
        """Called with "before …" and "after …" each write; what it raises ends the execution on the spot."""
        ...


class Engine:
    """The durable operations of one node.

    Args:
        node: this node's name, the same after a restart: its unfinished runs are its own again at once.
        probe: for tests.
    """

    def __init__(self, store: Store, world: World, signals: Signals, *, node: str, probe: Probe | None = None) -> None:
        self.store = store
        self.world = world
        self.node = node
        self.probe: Callable[[str], None] = probe or (lambda _point: None)
        self._signals = signals
        self._kinds: dict[str, Kind] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._queues: dict[str, str] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._stopping = False

    def register(self, *kinds: Kind) -> None:
        """Make operation kinds known; before `start`."""
        for kind in kinds:
            self._kinds[kind.kind] = kind

    def kind(self, name: str) -> Kind:
        """The declaration of a kind."""
        return self._kinds[name]

    async def begin(
        self,
        tx: Tx,
        kind: str,
        *,
        resource_type: str,
        resource_id: str,
        input: dict[str, Any] | None = None,
        request_id: str = "",
        project_id: str = "",
        user_id: str = "",
        queue: str = "",
        cancels: bool = False,
    ) -> str:
        """Accept a run, in the transaction of the resource that it works on; its id.

        Runs of one `queue` (the resource's id unless given) happen one after another.  With `cancels`, the unfinished
        ones before it are asked to stop, are undone, and then this one runs.
        """
        now = self.world.clock.now()
        queue = queue or resource_id
        c = OPERATIONS.c
        last = await tx.first(
            select(func.max(c.sequence).label("sequence"), func.count().label("waiting")).where(
                c.queue == queue, c.state.in_(UNFINISHED)
            )
        )
        assert last is not None
        row = {
            "id": self.world.ids.uuid(),
            "kind": kind,
            "resource_type": resource_type,
            "resource_id": resource_id,
            "queue": queue,
            "project_id": project_id,
            "user_id": user_id,
            "request_id": request_id or log.REQUEST_ID.get(),
            "state": "running",
            "input": input or {},
            "cancel": False,
            "owner": self.node,
            "lease_until": now + LEASE,
            "deadline": now + timedelta(seconds=self._kinds[kind].deadline),
            "sequence": (last["sequence"] or 0) + 1,
            "created_at": now,
            "updated_at": now,
        }
        await tx.insert(OPERATIONS, row)
        if cancels and last["waiting"]:
            await tx.run(
                update(OPERATIONS)
                .where(c.queue == queue, c.state.in_(UNFINISHED), c.id != row["id"])
                .values(cancel=True)
            )
            tx.after_commit(lambda: self._cancel(queue))
        if last["waiting"]:
            tx.after_commit(lambda: self._signals.wake(TOPIC))
        else:
            tx.after_commit(lambda: self._launch(row, []))
        return str(row["id"])

    def _cancel(self, queue: str) -> None:
        task = self._tasks.get(self._queues.get(queue, ""))
        if task is not None:
            task.cancel("superseded")

    def _launch(self, row: Row, steps: list[Row]) -> None:
        if self._stopping or row["id"] in self._tasks or row["queue"] in self._queues:
            return
        self._queues[row["queue"]] = row["id"]
        task = asyncio.get_running_loop().create_task(
            self._execute(row, steps), name=f"{row['kind']} {row['resource_id']}"
        )
        self._tasks[row["id"]] = task
        # a callback, because a task that is cancelled before its first step never reaches its own `finally`
        task.add_done_callback(lambda _task: self._ended(row))

    def _ended(self, row: Row) -> None:
        self._tasks.pop(row["id"], None)
        if self._queues.get(row["queue"]) == row["id"]:
            del self._queues[row["queue"]]
        if not self._stopping:
            self._signals.wake(TOPIC)

    async def _execute(self, row: Row, steps: list[Row]) -> None:
        token = log.REQUEST_ID.set(row["request_id"])
        try:
            async with self._room:
                run = journal.run_of(row, steps)
                await Execution(self, self._kinds[row["kind"]], run, row["state"], steps).finish()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # the journal itself could not be written; the run stays and is taken up again
            LOG.exception("run interrupted", kind=row["kind"], resource=row["resource_id"], error=str(error))
        finally:
            log.REQUEST_ID.reset(token)

    async def start(self) -> None:
        """Take up what was left unfinished, and go on taking."""
        loop = asyncio.get_running_loop()
        self._loops = [loop.create_task(self._take()), loop.create_task(self._renew())]

    async def stop(self) -> None:
        """Stop where the journal stands; whoever comes next goes on from there."""
        self._stopping = True
        tasks = [*self._loops, *self._tasks.values()]
        for task in tasks:
            task.cancel("stopping")
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def stopping(self) -> bool:
        """Whether the engine is on its way out, so that a cancelled step is neither failed nor undone."""
        return self._stopping

    async def _take(self) -> None:
        listener = self._signals.listen(TOPIC)
        while True:
            try:
                await self.take_up()
            except Exception as error:
                LOG.exception("taking runs failed", error=str(error))
            await listener.wait(self.world.clock, 5.0)

    async def take_up(self) -> int:
        """Take every run that nobody executes; how many."""
        now = self.world.clock.now()
        async with self.store.read() as tx:
            rows = await journal.takeable(tx, self.node, now, set(self._tasks))
            rows = [row for row in rows if row["queue"] not in self._queues and row["kind"] in self._kinds]
        taken = 0
        for row in rows:

            async def attempt(tx: Tx, row: Row = row) -> list[Row] | None:
                if not await journal.take(tx, row, self.node, now, LEASE):
                    return None
                c = journal.OPERATION_STEPS.c
                return await tx.all(
                    select(journal.OPERATION_STEPS).where(c.operation_id == row["id"]).order_by(c.position)
                )

            steps = await retrying(self.store, attempt)
            if steps is not None:
                self._launch(row, steps)
                taken += 1
        return taken

    async def _renew(self) -> None:
        while True:
            await self.world.clock.sleep(LEASE.total_seconds() / 3)
            if not self._tasks:
                continue
            try:
                await retrying(self.store, self._extend)
            except Exception as error:
                LOG.exception("renewing leases failed", error=str(error))

    async def _extend(self, tx: Tx) -> None:
        until = self.world.clock.now() + LEASE
        statement = update(OPERATIONS).where(OPERATIONS.c.id.in_(list(self._tasks)), OPERATIONS.c.owner == self.node)
        await tx.run(statement.values(lease_until=until))

    async def idle(self) -> None:
        """Wait until no run is unfinished; for tests and orderly shutdowns."""
        while True:
            if self._tasks:
                await asyncio.wait(list(self._tasks.values()))
            elif not await self.take_up():
                async with self.store.read() as tx:
                    left = await tx.scalar(
                        select(func.count()).select_from(OPERATIONS).where(OPERATIONS.c.state.in_(UNFINISHED))
                    )
                if not left and not self._tasks:
                    return
                await self.world.clock.sleep(0)
