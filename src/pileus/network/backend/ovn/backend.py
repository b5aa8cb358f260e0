"""The OVN driver of :class:`~pileus.network.backend.protocol.NetworkBackend`: the event loop's side.

Requests that arrive while a transaction is under way are gathered and go together in the next one, so that
the database sees a few large transactions instead of many small ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pileus.host.chassis.ovsdb import OvsdbRefusedError, OvsdbUnavailableError
from pileus.network.backend.ovn.northbound import Northbound
from pileus.network.backend.ovn.southbound import Southbound
from pileus.network.backend.protocol import (
    BackendRefusedError,
    BackendUnavailableError,
    ChassisStatus,
    NotAppliedError,
    ParentMissingError,
    PortStatus,
)
from pileus.network.backend.wanted import Ref, Wanted, ref_of

_Answer = TypeVar("_Answer")


class _Request:
    """A caller's wish, waiting for its transaction: objects to apply, or refs to remove."""

    def __init__(self, objects: Sequence[Wanted], refs: Collection[Ref], done: asyncio.Future[list[Ref]]) -> None:
        self.objects = objects
        self.refs = frozenset(refs) or frozenset(ref_of(each) for each in objects)
        self.removes = not objects
        self.done = done


class OvnBackend:
    """See the module.  Made by :meth:`connect`."""

    def __init__(self, within: float, heartbeat: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._within = within
        self._heartbeat_every = heartbeat
        self._sleep = sleep
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(max_workers=3, thread_name_prefix="ovn")
        self._waiting: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[PortStatus]] = set()
        self._progress = asyncio.Event()
        self._round: asyncio.Future[int] | None = None
        self._round_started = False
        self._nb: Northbound
        self._sb: Southbound

    @classmethod
    async def connect(
        cls,
        northbound: str,
        southbound: str,
        *,
        within: float = 10.0,
        heartbeat: float = 30.0,
        grace: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> OvnBackend:
        """Connect to both databases (``unix:/path`` or ``tcp:host:port``).

        ``within`` is how long the database may take to answer, in seconds.  Every ``heartbeat`` seconds the
        hosts are asked for a sign of life (0: never); one that is behind for ``grace`` seconds is not alive.

        Raises:
            BackendUnavailableError: One of them does not answer.
        """
        self = cls(within, heartbeat, sleep)
        try:
            self._nb = await self._thread(Northbound, northbound, within, self._hosts_moved)
            self._sb = await self._thread(
                lambda: Southbound(
                    southbound,
                    within,
                    on_port=self._port_moved,
                    on_progress=self._hosts_moved,
                    monotonic=monotonic,
                    grace=grace,
                )
            )
        except BackendUnavailableError:
            await self.close()
            raise
        if heartbeat > 0:
            self._pulse = asyncio.create_task(self._beat(), name="ovn-heartbeat")
        return self

    async def _thread(self, call: Callable[..., _Answer], *arguments: Any) -> _Answer:
        try:
            return await self._loop.run_in_executor(self._threads, call, *arguments)
        except OvsdbUnavailableError as error:
            raise BackendUnavailableError(str(error)) from error
        except OvsdbRefusedError as error:
            raise BackendRefusedError(str(error)) from error

    # -- changes -------------------------------------------------------------------------------------------

    async def apply(self, objects: Sequence[Wanted]) -> None:
        """See :meth:`NetworkBackend.apply`."""
        if objects:
            orphans = await self._submit(objects, ())
            if orphans:
                raise ParentMissingError(orphans)

    async def remove(self, refs: Collection[Ref]) -> None:
        """See :meth:`NetworkBackend.remove`."""
        if refs:
            await self._submit((), refs)

    async def _submit(self, objects: Sequence[Wanted], refs: Collection[Ref]) -> list[Ref]:
        done: asyncio.Future[list[Ref]] = self._loop.create_future()
        self._waiting.append(_Request(objects, refs, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="ovn-transactions")
        return await done

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._commit(batch)
            except BackendRefusedError as error:
                if len(batch) == 1:
                    _fail(batch, error)
                else:
                    await self._one_by_one(batch)
            except Exception as error:
                _fail(batch, error)

    def _next_batch(self) -> list[_Request]:
        """As many requests as may share a transaction: of one sort, and no object twice."""
        batch = [self._waiting.popleft()]
        seen = set(batch[0].refs)
        while self._waiting and self._waiting[0].removes == batch[0].removes and seen.isdisjoint(self._waiting[0].refs):
            seen |= self._waiting[0].refs
            batch.append(self._waiting.popleft())
        return batch

    async def _commit(self, batch: list[_Request]) -> None:
        if batch[0].removes:
            await self._thread(self._nb.remove, frozenset().union(*(each.refs for each in batch)))
            orphans: list[list[Ref]] = [[] for _ in batch]
        else:
            orphans = await self._thread(self._nb.apply, [each.objects for each in batch])
        for request, left_out in zip(batch, orphans, strict=True):
            if not request.done.done():
                request.done.set_result(left_out)

    async def _one_by_one(self, batch: list[_Request]) -> None:
        """Find out whose request the database refuses, so that the others are not refused with it."""
        for request in batch:
            try:
                await self._commit([request])
            except Exception as error:
                _fail([request], error)

    # -- progress ------------------------------------------------------------------------------------------

    async def wait_applied(self, refs: Collection[Ref], within: float) -> None:
        """See :meth:`NetworkBackend.wait_applied`; all hosts are waited for, whatever the refs."""
        waiting_for: list[str] = ["the OVN northbound database"]
        try:
            async with asyncio.timeout(within):
                number = await self._next_round()
                while waiting_for:
                    self._progress.clear()
                    waiting_for = await self._thread(self._behind, number)
                    if waiting_for:
                        # Woken by progress; looked at every second too, since a host may be given up.
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(1.0):
                                await self._progress.wait()
        except TimeoutError:
            raise NotAppliedError(waiting_for) from None

    def _behind(self, number: int) -> list[str]:
        northd, hosts = self._nb.progress()
        if northd < number:
            return ["ovn-northd"]
        return [] if hosts >= number else self._sb.lagging(number)

    async def _next_round(self) -> int:
        """The number of a round that starts after this call; those who ask at the same time share one."""
        if self._round is None:
            self._round = asyncio.ensure_future(self._start_round())
        return await asyncio.shield(self._round)

    async def _start_round(self) -> int:
        await asyncio.sleep(0)  # let those who ask in this turn of the loop come along
        self._round = None
        return await self._thread(self._nb.bump)

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(BackendUnavailableError, BackendRefusedError):
                await self._next_round()
            await self._sleep(self._heartbeat_every)

    def _hosts_moved(self) -> None:
        self._on_loop(self._progress.set)

    # -- reading -------------------------------------------------------------------------------------------

    async def inventory(self) -> dict[Ref, int]:
        """See :meth:`NetworkBackend.inventory`."""
        return await self._thread(self._nb.inventory)

    async def ports_up(self) -> dict[str, PortStatus]:
        """See :meth:`NetworkBackend.ports_up`."""
        return await self._thread(self._sb.ports)

    async def chassis(self) -> list[ChassisStatus]:
        """See :meth:`NetworkBackend.chassis`."""
        return await self._thread(self._sb.chassis)

    async def port_status(self) -> AsyncIterator[PortStatus]:
        """See :meth:`NetworkBackend.port_status`."""
        queue: asyncio.Queue[PortStatus] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    def _port_moved(self, status: PortStatus) -> None:
        self._on_loop(self._tell, status)

    def _tell(self, status: PortStatus) -> None:
        for queue in self._listeners:
            queue.put_nowait(status)

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        """From a connection's thread; after the loop has ended there is nobody left to tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    async def close(self) -> None:
        """See :meth:`NetworkBackend.close`."""
        for task in (self._pulse, self._worker):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        _fail(self._waiting, BackendUnavailableError("closed"))
        for side in ("_nb", "_sb"):
            if hasattr(self, side):
                await self._thread(getattr(self, side).close)
        self._threads.shutdown(wait=False)


def _fail(requests: Collection[_Request], error: Exception) -> None:
    for request in requests:
        if not request.done.done():
            request.done.set_exception(error)
