"""One run, from where its journal stands to its end."""

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from pileus.kernel import log
from pileus.kernel.operations import journal
from pileus.kernel.operations.declare import Kind, Retry, Run, Step, StepFailed
from pileus.kernel.operations.journal import OPERATIONS
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying

if TYPE_CHECKING:
    from pileus.kernel.operations.engine import Engine

LOG = log.get("operations")
MOST_UNDO_TRIES = 5


class DeadlinePassed(StepFailed):
    """The run was not done in its time."""


class Cancelled(StepFailed):
    """The run was asked to stop."""


class Execution:
    """Does the steps that are left, or undoes those that were done."""

    def __init__(self, engine: "Engine", kind: Kind, run: Run, state: str, steps: list[Row]) -> None:
        self._engine = engine
        self._kind = kind
        self._run = run
        self._state = state
        self._steps = kind.steps()
        self._rows = {row["position"]: row for row in steps}
        self._error: BaseException | None = None

    async def finish(self) -> None:
        """Bring the run to its end: done, or failed with everything undone."""
        if self._state == "running":
            try:
                await self._forward()
                return
            except asyncio.CancelledError:
                if self._engine.stopping:
                    raise
                task = asyncio.current_task()
                assert task is not None
                task.uncancel()
                self._error = Cancelled("The operation was superseded by a later one.")
            except Exception as error:
                self._error = error
                if not isinstance(error, StepFailed):
                    LOG.exception("step failed", kind=self._run.kind, resource=self._run.resource_id, error=str(error))
            await self._turn_back()
        await self._backward()

    async def _forward(self) -> None:
        for position, step in enumerate(self._steps):
            row = self._rows.get(position)
            if row is not None and row["state"] == "done":
                continue
            if self._run.cancelled:
                raise Cancelled("The operation was superseded by a later one.")
            await self._do(position, step)
        await self._write("done", self._end_done)

    async def _do(self, position: int, step: Step) -> None:
        clock = self._engine.world.clock
        started = clock.now()
        while True:
            left = (self._run.deadline - clock.now()).total_seconds()
            if left <= 0:
                raise DeadlinePassed(
                    f"{self._run.kind} did not finish in {self._kind.deadline:.0f} s; it was at {step.name}."
                )
            try:
                await self._attempt(position, step, started, min(left, step.seconds))
                return
            except Retry as wait:
                await clock.sleep(min(wait.seconds, max(left, 0.01)))
            except TimeoutError as error:
                raise StepFailed(f"{step.name} did not finish in time.") from error

    async def _attempt(self, position: int, step: Step, started: Any, seconds: float) -> None:
        run = self._run

        async def record(tx: Tx, output: dict[str, Any] | None) -> None:
            values = {
                "name": step.name,
                "state": "done",
                "output": output,
                "host": self._engine.node,
                "started_at": started,
                "finished_at": self._engine.world.clock.now(),
                "error": None,
            }
            await journal.record_step(tx, run, position, values)

        if step.in_tx:

            async def both(tx: Tx) -> dict[str, Any] | None:
                output = await step.do(run, tx)
                await record(tx, output)
                return output

            run.outputs[step.name] = await self._write(step.name, both) or {}
            return
        async with asyncio.timeout(seconds):
            output = await step.do(run)
        await self._write(step.name, lambda tx: record(tx, output))
        run.outputs[step.name] = output or {}

    async def _write(self, what: str, body: Any) -> Any:
        self._engine.probe(f"before {what}")
        result = await retrying(self._engine.store, body)
        self._engine.probe(f"after {what}")
        return result

    async def _turn_back(self) -> None:
        error = self._error
        assert error is not None
        failed = next(
            (
                p
                for p in range(len(self._steps))
                if self._rows_state(p) != "done" and self._steps[p].name not in self._run.outputs
            ),
            len(self._steps) - 1,
        )
        document = {
            "type": type(error).__name__,
            "message": str(error),
            "code": getattr(error, "code", 500),
            "details": getattr(error, "details", "") or "".join(traceback.format_exception(error))[-4000:],
            "step": self._steps[failed].name,
        }
        now = self._engine.world.clock.now()

        async def record(tx: Tx) -> None:
            await tx.run(
                update(OPERATIONS)
                .where(OPERATIONS.c.id == self._run.id)
                .values(state="undoing", error=document, updated_at=now)
            )
            values = {
                "name": self._steps[failed].name,
                "state": "failed",
                "error": str(error),
                "started_at": now,
                "finished_at": now,
            }
            await journal.record_step(tx, self._run, failed, {**values, "host": self._engine.node, "output": None})

        await self._write("failure", record)
        self._state = "undoing"
        self._rows[failed] = {"position": failed, "state": "failed"}

    def _rows_state(self, position: int) -> str:
        row = self._rows.get(position)
        return row["state"] if row is not None else ""

    async def _backward(self) -> None:
        for position in range(len(self._steps) - 1, -1, -1):
            step = self._steps[position]
            touched = step.name in self._run.outputs or self._rows_state(position) in {"done", "failed"}
            if not touched or self._rows_state(position) == "undone":
                continue
            await self._undo(position, step)
        await self._write("failed", self._end_failed)

    async def _undo(self, position: int, step: Step) -> None:
        run, clock = self._run, self._engine.world.clock

        async def record(tx: Tx) -> None:
            if step.undo is not None and step.in_tx:
                await step.undo(run, tx)
            c = journal.OPERATION_STEPS.c
            await tx.run(
                update(journal.OPERATION_STEPS)
                .where(c.operation_id == run.id, c.position == position)
                .values(state="undone")
            )

        for tries in range(MOST_UNDO_TRIES):
            try:
                if step.undo is not None and not step.in_tx:
                    async with asyncio.timeout(step.seconds):
                        await step.undo(run)
                await self._write(f"undo {step.name}", record)
                return
            except Exception as error:
                LOG.exception("undo failed", kind=run.kind, step=step.name, resource=run.resource_id, error=str(error))
                await clock.sleep(min(2.0**tries, 30.0))
        # what could not be undone is left to the reconcilers, which look at the truth; the run must still end
        LOG.error("undo given up", kind=run.kind, step=step.name, resource=run.resource_id)

    async def _end_done(self, tx: Tx) -> None:
        await self._kind.done(tx, self._run)
        await self._close(tx, "done")

    async def _end_failed(self, tx: Tx) -> None:
        error = self._error or await self._recorded_error(tx)
        await self._kind.failed(tx, self._run, error)
        await self._close(tx, "failed")

    async def _recorded_error(self, tx: Tx) -> StepFailed:
        document = await tx.scalar(select(OPERATIONS.c.error).where(OPERATIONS.c.id == self._run.id)) or {}
        kind = Cancelled if document.get("type") == "Cancelled" else StepFailed
        return kind(document.get("message", ""), code=document.get("code", 500), details=document.get("details", ""))

    async def _close(self, tx: Tx, state: str) -> None:
        now = self._engine.world.clock.now()
        await tx.run(
            update(OPERATIONS)
            .where(OPERATIONS.c.id == self._run.id)
            .values(state=state, finished_at=now, updated_at=now, owner=None, lease_until=None)
        )
