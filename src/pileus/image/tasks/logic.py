"""What happens to tasks: pending, processing, and in the end success or failure.

Whoever does the work tells the task of it, each time in the transaction of what was done:

    task = await tasks.create(tx, who, "api_image_import", input, image_id=image["id"])
    await tasks.process(tx, task["id"])
    await tasks.progress(tx, task["id"], "Copied 15 MiB")
    await tasks.succeed(tx, task["id"], {"image_id": image["id"]})

A task that was started through the tasks API itself is handed to the `Starter` of its type.
"""

from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, or_, select, update

from pileus.image.tasks.table import TASKS
from pileus.kernel import log
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

TYPES = ("import", "api_image_import", "location_import")
STATUSES = ("pending", "processing", "success", "failure")

LEADS = {
    "pending": frozenset({"processing", "failure"}),
    "processing": frozenset({"success", "failure"}),
    "success": frozenset[str](),
    "failure": frozenset[str](),
}
"""For each status, those that may follow."""


class Starter(Protocol):
    """Starts the work of tasks of one type that came through the tasks API."""

    async def __call__(self, tx: Tx, who: Caller, task: Row) -> None:
        """Start, in the transaction that makes the task; the work itself comes later.

        Raises:
            BadRequest: the task's input cannot be used.
        """
        ...


class Tasks:
    """The tasks of the cloud.

    Args:
        hours: how long a task is kept after its end.

    Attributes:
        starters: by type of task; a type without one fails its tasks at once.
    """

    def __init__(self, world: World, *, hours: int = 48) -> None:
        self._world = world
        self._kept = timedelta(hours=hours)
        self.starters: dict[str, Starter] = {}

    async def create(
        self,
        tx: Tx,
        who: Caller,
        kind: str,
        given: dict[str, Any],
        *,
        image_id: str | None = None,
        request_id: str = "",
    ) -> Row:
        """A new task, pending; its row."""
        now = self._world.clock.now()
        row = {
            "id": self._world.ids.uuid(),
            "type": kind,
            "status": "pending",
            "owner": who.project_id,
            "user_id": who.user_id,
            "request_id": request_id or log.REQUEST_ID.get(),
            "image_id": image_id,
            "input": given,
            "result": None,
            "message": "",
            "expires_at": None,
            "created_at": now,
            "updated_at": now,
        }
        await tx.insert(TASKS, row)
        return row

    async def start(self, tx: Tx, who: Caller, task: Row) -> Row:
        """Have the work of a task done by whoever does that type's; the row afterwards.

        Raises:
            BadRequest: its input cannot be used.
        """
        starter = self.starters.get(task["type"])
        if starter is None:
            await self.fail(tx, task["id"], f"Tasks of the type {task['type']} are not started by themselves.")
        else:
            await starter(tx, who, task)
        found = await self.get(tx, task["id"])
        assert found is not None
        return found

    async def process(self, tx: Tx, id: str, message: str = "") -> bool:
        """The work has begun; whether the task was waiting for it."""
        return await self._move(tx, id, "processing", {"message": message})

    async def progress(self, tx: Tx, id: str, message: str) -> None:
        """Say how far the work is."""
        values = {"message": message, "updated_at": self._world.clock.now()}
        await tx.run(update(TASKS).where(TASKS.c.id == id, TASKS.c.status == "processing").values(**values))

    async def succeed(self, tx: Tx, id: str, result: dict[str, Any] | None = None, message: str = "") -> bool:
        """The work is done; whether the task was at it."""
        values = {"result": result, "message": message, "expires_at": self._world.clock.now() + self._kept}
        return await self._move(tx, id, "success", values)

    async def fail(self, tx: Tx, id: str, message: str) -> bool:
        """The work failed; whether the task had not ended yet."""
        values = {"message": message, "expires_at": self._world.clock.now() + self._kept}
        return await self._move(tx, id, "failure", values)

    async def _move(self, tx: Tx, id: str, to: str, values: dict[str, Any]) -> bool:
        sources = [status for status, next_ in LEADS.items() if to in next_]
        values = {**values, "status": to, "updated_at": self._world.clock.now()}
        changed = await tx.run(update(TASKS).where(TASKS.c.id == id, TASKS.c.status.in_(sources)).values(**values))
        return changed == 1

    def kept(self) -> ColumnElement[bool]:
        """The condition of a task's not having expired."""
        return or_(TASKS.c.expires_at.is_(None), TASKS.c.expires_at > self._world.clock.now())

    async def get(self, tx: Tx, id: str) -> Row | None:
        """A task, if there is one of that id."""
        return await tx.first(select(TASKS).where(TASKS.c.id == id, self.kept()))

    async def of_image(self, tx: Tx, who: Caller, image_id: str) -> list[Row]:
        """The tasks of an image that the caller may see, oldest first."""
        statement = select(TASKS).where(TASKS.c.image_id == image_id, self.kept())
        if not who.is_admin:
            statement = statement.where(TASKS.c.owner == who.project_id)
        return await tx.all(statement.order_by(TASKS.c.created_at, TASKS.c.id))

    async def expire(self, tx: Tx) -> int:
        """Forget the tasks whose time has come; how many."""
        return await tx.run(TASKS.delete().where(TASKS.c.expires_at <= self._world.clock.now()))
