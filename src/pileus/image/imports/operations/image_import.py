"""An import, step by step.

    begin     + the task is being processed              - (the task fails in the end)
    fetch     + the data lie on this machine             - nothing of them does
    unpack    + unpacked, if the operator wants it       - nothing of that lies about
    convert   + converted, if the operator wants it      - nothing of that lies about
    inspect   + they may become this image's             -
    place     + they are in the stores, which say so     - they are in none, and none says so
    finish    + the image is active

An image that is deleted meanwhile ends the run within seconds.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select

from pileus.image.data.logic import Data, facts
from pileus.image.data.logic import Parts as DataParts
from pileus.image.errors import QuotaExceeded
from pileus.image.images.table import IMAGES
from pileus.image.imports import marks
from pileus.image.imports.operations.watching import watched
from pileus.image.imports.plugins import conversion, decompression
from pileus.image.imports.sources import Fetched, Sources
from pileus.image.quotas.logic import SIZE
from pileus.image.settings import ImageSettings
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.stores.registry import UnknownStore
from pileus.image.tasks.logic import Tasks
from pileus.kernel import log
from pileus.kernel.api.errors import ApiError
from pileus.kernel.operations import Run, Step, StepFailed
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying

LOG = log.get("image")
DAY = 86400.0
TOOL_SECONDS = 3600.0
"""The most time that unpacking or converting an image may take."""
R = TypeVar("R")
DELETED = "Image has been deleted, aborting import."


class ImageImport:
    """The operation `image.import`."""

    kind = "image.import"
    deadline = DAY

    def __init__(self, parts: DataParts, data: Data, sources: Sources, tasks: Tasks, settings: ImageSettings) -> None:
        self._parts = parts
        self._data = data
        self._sources = sources
        self._tasks = tasks
        self._settings = settings

    def steps(self) -> tuple[Step, ...]:
        """The steps, in their order."""
        return (
            Step("begin", self._begin, in_tx=True),
            Step("fetch", self._fetch, self._drop, seconds=DAY),
            Step("unpack", self._unpack, self._drop, seconds=DAY),
            Step("convert", self._convert, self._drop, seconds=DAY),
            Step("inspect", self._inspect, seconds=DAY),
            Step("place", self._place, self._displace, seconds=DAY),
            Step("finish", self._finish, in_tx=True),
        )

    async def _begin(self, run: Run, tx: Tx) -> None:
        await self._tasks.process(tx, run.input["task_id"])

    async def current(self, tx: Tx, run: Run) -> Row | None:
        """The image, if it is still this run's."""
        row = await tx.first(select(IMAGES).where(IMAGES.c.id == run.resource_id))
        return row if row is not None and row["extra"].get(marks.TASK) == run.input["task_id"] else None

    async def _watched(self, run: Run, work: Callable[[Callable[[int], None]], Awaitable[R]]) -> R:
        async def tick(done: int) -> bool:
            async def note(tx: Tx) -> bool:
                if done:
                    await self._tasks.progress(tx, run.input["task_id"], f"Copied {done >> 20} MiB")
                return await self.current(tx, run) is not None

            return await retrying(self._parts.store, note)

        result = await watched(self._parts.world.clock, work, tick)
        if result is None:
            raise StepFailed(DELETED, code=404)
        return result

    async def _fetch(self, run: Run) -> dict[str, Any]:
        fetched = await self._watched(run, lambda told: self._sources.fetch(run, told))
        output: dict[str, Any] = msgspec.to_builtins(fetched)
        return output

    def _made(self, run: Run) -> Fetched:
        """The data as the last step left them."""
        for step in ("convert", "unpack", "fetch"):
            if run.output(step):
                return msgspec.convert(run.output(step), Fetched)
        raise AssertionError("nothing was fetched")

    async def _remade(self, run: Run, before: Fetched, name: str) -> dict[str, Any]:
        staged = await self._parts.area.digest(name)
        made = msgspec.structs.replace(before, staged=staged, path=str(self._parts.area.path(name)))
        output: dict[str, Any] = msgspec.to_builtins(made)
        return output

    def _plugs(self, run: Run, plugin: str) -> bool:
        return plugin in self._settings.imports.plugins and run.input["method"]["name"] != "copy-image"

    async def _unpack(self, run: Run) -> dict[str, Any] | None:
        before, name = self._made(run), f"import-{run.id}.unpacked"
        container = before.container_format or (await self._image(run))["container_format"]
        if not self._plugs(run, "image_decompression") or container == "compressed":
            return None
        target = self._parts.area.path(name)
        unpacked = await self._watched(
            run,
            lambda _told: decompression.unpack(Path(before.path), target, most=self._parts.most, seconds=TOOL_SECONDS),
        )
        return await self._remade(run, before, name) if unpacked else None

    async def _convert(self, run: Run) -> dict[str, Any] | None:
        if not self._plugs(run, "image_conversion"):
            return None
        before, name, output = self._made(run), f"import-{run.id}.converted", self._settings.imports.output_format
        disk_format = before.disk_format or (await self._image(run))["disk_format"]
        target = self._parts.area.path(name)
        await self._parts.area.drop(name)
        converted = await self._watched(
            run,
            lambda _told: conversion.convert(
                self._parts.inspector, Path(before.path), target, disk_format, output, seconds=TOOL_SECONDS
            ),
        )
        if not converted:
            return None
        return {**await self._remade(run, before, name), "disk_format": output, "container_format": "bare"}

    async def _image(self, run: Run) -> Row:
        async with self._parts.store.read() as tx:
            row = await self.current(tx, run)
        if row is None:
            raise StepFailed(DELETED, code=404)
        return row

    async def _inspect(self, run: Run) -> dict[str, Any]:
        if run.input["method"]["name"] == "copy-image":
            return {}
        made, row = self._made(run), await self._image(run)
        formats = {
            "disk_format": made.disk_format or row["disk_format"],
            "container_format": made.container_format or row["container_format"],
        }
        try:
            virtual_size = await self._data.check({**row, **formats}, Path(made.path))
        except ApiError as error:
            raise StepFailed(error.text, code=error.status) from error
        return {"virtual_size": virtual_size, **formats}

    async def _place(self, run: Run) -> dict[str, Any]:
        made, placed = self._made(run), []
        for store in run.input["stores"]:
            try:
                await self._watched(run, partial(self._put, run, made, store))
                placed.append(store)
            except (StoreUnreachable, UnknownStore, ApiError, OSError) as error:
                LOG.warning("image not imported to store", image=run.resource_id, store=store, error=str(error))
                await retrying(self._parts.store, partial(self._missed, run, store))
                if run.input["all_stores_must_succeed"]:
                    raise StepFailed(f"The image could not be put into the store {store}.", code=503) from error
        if not placed:
            raise StepFailed("None of the uploads finished!", code=503)
        return {"stores": placed}

    async def _put(self, run: Run, made: Fetched, store: str, _told: Callable[[int], None]) -> bool:
        staged = made.staged

        async def record(tx: Tx) -> bool:
            row = await self.current(tx, run)
            if row is None:
                return False
            await self._parts.locations.add(tx, row["id"], store, staged.digest)
            changes: Row = {"extra": marks.marked(row["extra"], marks.IMPORTING, less=[store])}
            if not run.input["all_stores_must_succeed"] and row["status"] == "importing":
                changes |= {"status": "active", **self._facts(run)}
            await self._parts.images.save(tx, row, changes)
            await self._parts.images.quotas.hold(tx, row["owner"], SIZE)
            return True

        # one store may have the very file; whoever comes later copies, so that damage to one is not damage to all
        share = bool(staged.name) and store == run.input["stores"][0]
        if not await self._parts.keeper.keep(Path(made.path), staged.digest, store, record, share=share):
            raise StepFailed(DELETED, code=404)
        return True

    async def _missed(self, run: Run, store: str, tx: Tx) -> None:
        row = await self.current(tx, run)
        if row is not None:
            extra = marks.marked(marks.marked(row["extra"], marks.FAILED, [store]), marks.IMPORTING, less=[store])
            await self._parts.images.save(tx, row, {"extra": extra})

    def _facts(self, run: Run) -> Row:
        if run.input["method"]["name"] == "copy-image":
            return {}
        seen, staged = run.output("inspect"), self._made(run).staged
        formats = {name: seen[name] for name in ("disk_format", "container_format")}
        return {**facts(staged, seen["virtual_size"]), **formats}

    async def _displace(self, run: Run) -> None:
        if not run.output("fetch"):
            return
        digest = self._made(run).staged.digest
        for store in run.input["stores"]:

            async def remove(tx: Tx, store: str = store) -> None:
                if await self.current(tx, run) is not None:
                    await self._parts.locations.remove(tx, run.resource_id, store, digest)

            await retrying(self._parts.store, remove)
            await self._parts.keeper.drop(store, digest)

    async def _finish(self, run: Run, tx: Tx) -> None:
        row = await self.current(tx, run)
        if row is None:
            raise StepFailed(DELETED, code=404)
        extra = {**row["extra"], **self._made(run).properties, **self._injected(run)}
        failed = marks.stores(extra, marks.FAILED)
        changes: Row = {"extra": marks.ended(extra, failed, run.input["stores"]), **self._facts(run)}
        if row["status"] == "importing":
            changes["status"] = "active"
        await self._parts.images.save(tx, row, changes)
        try:
            await self._parts.images.quotas.hold(tx, row["owner"], SIZE)
        except QuotaExceeded as error:
            raise StepFailed(error.text, code=error.status) from error

    def _injected(self, run: Run) -> dict[str, str]:
        settings = self._settings.imports
        if not self._plugs(run, "inject_image_metadata") or set(run.input["roles"]) & set(settings.ignore_user_roles):
            return {}
        return {name: value for name, value in settings.inject.items() if not name.startswith("os_glance_")}

    async def _drop(self, run: Run) -> None:
        await self._parts.area.drop(*self._names(run))

    def _names(self, run: Run) -> list[str]:
        return [f"import-{run.id}{end}" for end in ("", ".unpacked", ".converted")]

    async def done(self, tx: Tx, run: Run) -> None:
        """The task succeeded; what was only needed for it goes."""
        await self._tasks.succeed(tx, run.input["task_id"], {"image_id": run.resource_id})
        await self._end(tx, run)

    async def failed(self, tx: Tx, run: Run, error: BaseException) -> None:
        """The task failed, and the image waits for data again, unless it has them."""
        words = str(error) if isinstance(error, StepFailed) else "The import failed; the service's log says why."
        await self._tasks.fail(tx, run.input["task_id"], words)
        row = await self.current(tx, run)
        if row is not None:
            tried = run.input["stores"]
            missed = [store for store in marks.stores(row["extra"], marks.FAILED) if store in tried] or tried
            changes: Row = {"extra": marks.ended(row["extra"], missed, tried)}
            if run.input["method"]["name"] != "copy-image":
                empty = dict.fromkeys(("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value"))
                changes |= {"status": "queued", **empty}
            await self._parts.images.save(tx, row, changes)
        await self._end(tx, run)

    async def _end(self, tx: Tx, run: Run) -> None:
        names = self._names(run)
        if run.input["method"]["name"] == "glance-direct":
            staged = await self._parts.locations.staged(tx, run.resource_id)
            if staged is not None:
                names.append(staged.name)
                await self._parts.locations.unstage(tx, run.resource_id)
        tx.after_commit(lambda: self._sources.forget(run))
        tx.after_commit(lambda: self._parts.keeper.later(self._parts.area.drop(*names)))
