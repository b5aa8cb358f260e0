"""A location that is added to an image, step by step.

    begin     + the task is being processed
    look      + the data are there, and what they are said to be (else the image waits for data again)
    finish    + the image is active

The data are read once, for their size and digests, before the image is active.  A location that turned out wrong stays
with the image, as Glance leaves it, until the image gets other data.
"""

import hashlib
from typing import Any

from sqlalchemy import select

from pileus.image.data.logic import Parts as DataParts
from pileus.image.images.table import IMAGES
from pileus.image.imports import marks
from pileus.image.imports.operations.watching import watched
from pileus.image.staging.area import gathered
from pileus.image.staging.digests import Lane
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.tasks.logic import Tasks
from pileus.kernel.operations import Run, Step, StepFailed
from pileus.kernel.store import Row, Tx

DAY = 86400.0
DELETED = "Image has been deleted, aborting import."


class LocationImport:
    """The operation `image.location`."""

    kind = "image.location"
    deadline = DAY

    def __init__(self, parts: DataParts, tasks: Tasks, algorithm: str) -> None:
        self._parts = parts
        self._tasks = tasks
        self._algorithm = algorithm

    def steps(self) -> tuple[Step, ...]:
        """The steps, in their order."""
        return (
            Step("begin", self._begin, in_tx=True),
            Step("look", self._look, seconds=DAY),
            Step("finish", self._finish, in_tx=True),
        )

    async def _current(self, tx: Tx, run: Run) -> Row | None:
        row = await tx.first(select(IMAGES).where(IMAGES.c.id == run.resource_id))
        return row if row is not None and row["extra"].get(marks.TASK) == run.input["task_id"] else None

    async def _begin(self, run: Run, tx: Tx) -> None:
        await self._tasks.process(tx, run.input["task_id"])

    async def _look(self, run: Run) -> dict[str, Any]:
        async def tick(_done: int) -> bool:
            async with self._parts.store.read() as tx:
                return await self._current(tx, run) is not None

        try:
            found = await watched(self._parts.world.clock, lambda _told: self._read(run), tick)
        except StoreUnreachable as error:
            raise StepFailed(str(error), code=400) from None
        if found is None:
            raise StepFailed(DELETED, code=404)
        promised = run.input["validation"].get("os_hash_value")
        if promised and promised.lower() != found["os_hash_value"]:
            raise StepFailed(
                f"os_hash_value: ({promised}) not matched with actual os_hash_value: ({found['os_hash_value']})",
                code=400,
            )
        return found

    async def _read(self, run: Run) -> dict[str, Any]:
        member = self._parts.stores.get(run.input["store"])
        if member is None:
            raise StepFailed("The store of the location is not there any more.", code=400)
        algorithm = run.input["validation"].get("os_hash_algo") or self._algorithm
        md5, strong = hashlib.md5(usedforsecurity=False), hashlib.new(algorithm, usedforsecurity=False)
        lanes, size = [Lane(md5.update), Lane(strong.update)], 0
        try:
            async for piece in gathered(member.shelf.read(run.input["name"])):
                size += len(piece)
                if size > self._parts.most:
                    raise StepFailed(f"The image is larger than {self._parts.most} bytes.", code=413)
                for lane in lanes:
                    await lane.put(piece)
            for lane in lanes:
                await lane.close()
        except BaseException:
            for lane in lanes:
                await lane.stop()
            raise
        if not size:
            raise StepFailed("Invalid location", code=400)
        digests = {"checksum": md5.hexdigest(), "os_hash_algo": algorithm, "os_hash_value": strong.hexdigest()}
        return {"size": size, **digests}

    async def _finish(self, run: Run, tx: Tx) -> None:
        row = await self._current(tx, run)
        if row is None:
            raise StepFailed(DELETED, code=404)
        changes: Row = {**run.output("look"), "extra": marks.released(row["extra"])}
        if row["status"] == "importing":
            changes["status"] = "active"
        await self._parts.images.save(tx, row, changes)

    async def done(self, tx: Tx, run: Run) -> None:
        """The task succeeded."""
        await self._tasks.succeed(tx, run.input["task_id"], {"image_id": run.resource_id})

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The task failed; an image whose data were promised otherwise waits for data again."""
        words = str(error) if isinstance(error, StepFailed) else "The location could not be added."
        await self._tasks.fail(tx, run.input["task_id"], words)
        row = await self._current(tx, run)
        if row is None:
            return
        changes: Row = {"extra": marks.released(row["extra"])}
        if row["status"] == "importing":
            changes |= {"status": "queued", **dict.fromkeys(("size", "checksum", "os_hash_algo", "os_hash_value"))}
        await self._parts.images.save(tx, row, changes)
