"""The journal of durable operations: its tables, and the statements on them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    or_,
    select,
    update,
)

from pileus.kernel.operations.declare import Run
from pileus.kernel.store import METADATA, Json, Row, Tx, UtcDateTime
from pileus.kernel.world import World

OPERATIONS = Table(
    "operations",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("resource_type", String(32), nullable=False),
    Column("resource_id", String(64), nullable=False),
    Column("queue", String(64), nullable=False, doc="Runs of one queue happen one after another, oldest first."),
    Column("project_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("state", String(16), nullable=False, doc="running, undoing, done, failed"),
    Column("input", Json, nullable=False),
    Column("cancel", Boolean, nullable=False, default=False, doc="Whether somebody asked the run to stop."),
    Column("error", Json, doc="{type, message, code, details, step} of the first failure."),
    Column("owner", String(128), doc="The node that executes it."),
    Column("lease_until", UtcDateTime, doc="When others may take it over."),
    Column("deadline", UtcDateTime, nullable=False),
    Column("sequence", Integer, nullable=False, doc="The order of acceptance within the queue."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index(None, "resource_id", "created_at"),
    Index(None, "state", "lease_until"),
    Index(None, "queue", "state"),
    Index(None, "request_id"),
)
"""One row a run."""

OPERATION_STEPS = Table(
    "operation_steps",
    METADATA,
    Column("operation_id", String(36), ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("state", String(16), nullable=False, doc="done, failed, undone"),
    Column("output", Json),
    Column("host", String(255)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("error", Text),
)
"""One row a step that was done, failed or undone."""

UNFINISHED = ("running", "undoing")


def run_of(row: Row, steps: list[Row]) -> Run:
    """The run that a journal row tells of."""
    return Run(
        id=row["id"],
        kind=row["kind"],
        resource_type=row["resource_type"],
        resource_id=row["resource_id"],
        input=row["input"],
        request_id=row["request_id"],
        project_id=row["project_id"],
        user_id=row["user_id"],
        created_at=row["created_at"],
        deadline=row["deadline"],
        cancelled=bool(row["cancel"]),
        outputs={s["name"]: s["output"] or {} for s in steps if s["state"] == "done"},
    )


async def takeable(tx: Tx, owner: str, now: datetime, known: set[str]) -> list[Row]:
    """Unfinished runs that nobody executes: never owned, lease over, or ours but not in this process."""
    c = OPERATIONS.c
    rows = await tx.all(
        select(OPERATIONS)
        .where(c.state.in_(UNFINISHED), or_(c.owner.is_(None), c.lease_until < now, c.owner == owner))
        .order_by(c.queue, c.sequence)
    )
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row["queue"], row)
    return [row for row in first.values() if row["id"] not in known]


async def take(tx: Tx, row: Row, owner: str, now: datetime, lease: timedelta) -> bool:
    """Take a run's lease; whether nobody else was quicker."""
    c = OPERATIONS.c
    mine = or_(c.owner.is_(None), c.lease_until < now, c.owner == owner)
    changed = await tx.run(
        update(OPERATIONS)
        .where(and_(c.id == row["id"], c.state.in_(UNFINISHED), mine))
        .values(owner=owner, lease_until=now + lease)
    )
    return changed == 1


async def record_step(tx: Tx, run: Run, position: int, values: dict[str, Any]) -> None:
    """Write one step's row, over an older one of the same step."""
    c = OPERATION_STEPS.c
    changed = await tx.run(
        update(OPERATION_STEPS).where(c.operation_id == run.id, c.position == position).values(**values)
    )
    if not changed:
        await tx.insert(OPERATION_STEPS, {"operation_id": run.id, "position": position, **values})


async def note(
    tx: Tx, world: World, kind: str, resource_type: str, resource_id: str, project_id: str, reason: str
) -> None:
    """Enter what happened by itself, so that it stands among what was done; nobody's request, and already over.

    Args:
        reason: kept in the run's input, for people.
    """
    now, own = world.clock.now(), world.ids.uuid()
    run = {
        "id": own,
        "kind": kind,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "queue": own,
        "project_id": project_id,
        "user_id": "",
        "request_id": f"req-{world.ids.uuid()}",
        "state": "done",
        "input": {"reason": reason},
        "cancel": False,
        "deadline": now,
        "sequence": 0,
        "created_at": now,
        "updated_at": now,
        "finished_at": now,
    }
    await tx.insert(OPERATIONS, run)
    step = {"operation_id": own, "position": 0, "name": kind.rpartition(".")[2], "state": "done"}
    await tx.insert(OPERATION_STEPS, {**step, "started_at": now, "finished_at": now})
