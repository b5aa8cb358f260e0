"""Starts the daemons, notices when one dies or falls silent, starts it again, and stops what it started.

The daemons are not bound to this process: each has its own session, and a later Pileus finds it again by the record
(id and start time) or by the mark in its environment.  Watching costs nothing while nothing happens: the kernel wakes
us through a process descriptor.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import structlog

from pileus.kernel.clock import Clock
from pileus.platform.daemons import keeping
from pileus.platform.daemons.events import DaemonEvent, DaemonStatus, State
from pileus.platform.daemons.liveness import NoAnswer, answers, request
from pileus.platform.daemons.process import Identity, end, ended, send
from pileus.platform.daemons.table import Daemon
from pileus.platform.record import Entry, Record

HEARTBEAT = 15.0
"""Seconds between two questions to a running daemon."""
ANSWER_WITHIN = 5.0
"""Seconds in which a running daemon must answer; generous, as a busy machine is slow and not broken."""
SILENT_AFTER = 3
"""Unanswered questions until a daemon is shown as silent."""
REPLACED_AFTER = 6
"""Unanswered questions until a silent daemon is killed and started again."""
LONGEST_PAUSE = 30.0
"""Seconds between two starts of a daemon that keeps dying, at most."""
SETTLED_AFTER = 60.0
"""A daemon that ran this many seconds starts again at once when it dies."""

Prepare = Callable[[], Awaitable[None]]
Settle = Callable[[bool], Awaitable[None]]

_log = structlog.get_logger(component="platform.supervisor")


class DaemonFailed(Exception):
    """A daemon did not come up; the message has its last words and where its log is."""


class _Kept:
    """What the supervisor knows of one daemon."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.state: State = "stopped"
        self.reason = "not started"
        self.running: keeping.Running | None = None
        self.ready = asyncio.Event()
        self.first = asyncio.get_running_loop().create_future()
        self.restarts = 0


class Supervisor:
    """Keeps a table of daemons running.

    Args:
        daemons: the table, each after the ones it needs.
        record: where the running ones are noted; loaded.
        clock: for pauses and times of events.
        prepare: by daemon, called before each start of it.
        settle: by daemon, called when it answers, with whether it ran before; it counts as up when this returns.
        part: by daemon, called before it is stopped for good.
    """

    def __init__(
        self,
        daemons: Sequence[Daemon],
        record: Record,
        clock: Clock,
        prepare: Mapping[str, Prepare],
        settle: Mapping[str, Settle],
        part: Mapping[str, Prepare],
    ) -> None:
        self._kept = {daemon.name: _Kept(daemon) for daemon in daemons}
        self._record = record
        self._clock = clock
        self._prepare = prepare
        self._settle = settle
        self._part = part
        self._tasks: list[asyncio.Task[None]] = []
        self._listeners: set[asyncio.Queue[DaemonEvent]] = set()

    async def up(self) -> None:
        """Start or adopt every daemon and return when all answer; they are kept running from then on.

        Raises:
            DaemonFailed: one did not come up; the others are left as they are and no longer watched.
        """
        self._tasks = [asyncio.create_task(self._keep(kept)) for kept in self._kept.values()]
        try:
            await asyncio.gather(*(kept.first for kept in self._kept.values()))
        except DaemonFailed:
            await self.release()
            raise

    async def release(self) -> None:
        """Stop watching; the daemons go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def down(self) -> None:
        """Stop every daemon of the table that Pileus started, each before those it needs."""
        await self.release()
        for kept in reversed(self._kept.values()):
            kept.running = kept.running or await keeping.find(kept.daemon, self._record)
            if kept.running is not None:
                if (part := self._part.get(kept.daemon.name)) is not None:
                    await part()
                await self._stop(kept.daemon, kept.running.identity)
                await asyncio.to_thread(kept.running.how_it_ended)  # collects it if it is our child
                kept.running = None
            await self._record.strike("process", kept.daemon.name)
            self._report(kept, "stopped", "stopped by Pileus")

    async def status(self) -> list[DaemonStatus]:
        """How each daemon does, in the order of the table."""
        return [
            DaemonStatus(
                daemon=kept.daemon.name,
                state=kept.state,
                purpose=kept.daemon.purpose,
                pid=kept.running.identity.pid if kept.running else None,
                restarts=kept.restarts,
                reason=kept.reason,
                memory=await asyncio.to_thread(keeping.memory, kept.running.identity.pid) if kept.running else None,
            )
            for kept in self._kept.values()
        ]

    async def events(self) -> AsyncIterator[DaemonEvent]:
        """What happens from now on, one event at a time."""
        queue: asyncio.Queue[DaemonEvent] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def _keep(self, kept: _Kept) -> None:
        """One daemon's life: start it, watch it, and again."""
        pause = 0.0
        while True:
            for need in kept.daemon.needs:
                await self._kept[need].ready.wait()
            begun = self._clock.monotonic()
            try:
                reason = await self._live(kept)
            except Exception as error:
                # Whatever went wrong with one daemon, the loop that keeps it must go on.
                reason = str(error) or type(error).__name__
                if not kept.first.done():
                    kept.first.set_exception(DaemonFailed(f"{kept.daemon.name}: {reason}"))
            kept.ready.clear()
            kept.running = None
            kept.restarts += 1
            self._report(kept, "failed", reason)
            pause = 0.0 if self._clock.monotonic() - begun > SETTLED_AFTER else min(pause * 2 or 0.25, LONGEST_PAUSE)
            await self._clock.sleep(pause)

    async def _live(self, kept: _Kept) -> str:
        """Bring the daemon up and return when it is over, with how it ended.

        Raises:
            DaemonFailed: it did not come up.
        """
        daemon = kept.daemon
        again = kept.first.done()
        adopted = await keeping.find(daemon, self._record)
        if adopted is None:
            self._report(kept, "starting", "starting")
            if (prepare := self._prepare.get(daemon.name)) is not None:
                await prepare()
            kept.running = await keeping.start(daemon)
        else:
            kept.running = adopted
        identity = kept.running.identity
        await self._record.note(Entry(kind="process", name=daemon.name, process=identity))
        await self._until_answer(kept)
        if (settle := self._settle.get(daemon.name)) is not None:
            await settle(again)
        self._report(kept, "running", "found running" if adopted else "started", restarted=again)
        kept.ready.set()
        if not again:
            kept.first.set_result(None)
        over = asyncio.create_task(ended(identity))
        beat = asyncio.create_task(self._heartbeat(kept, identity))
        try:
            await over
        finally:
            over.cancel()
            beat.cancel()
        return await asyncio.to_thread(kept.running.how_it_ended)

    async def _until_answer(self, kept: _Kept) -> None:
        assert kept.running is not None
        daemon, running = kept.daemon, kept.running
        socket = daemon.socket_of(running.identity.pid)
        over = asyncio.create_task(ended(running.identity))
        deadline = self._clock.monotonic() + daemon.patience
        try:
            while not await answers(daemon.protocol, socket):
                if over.done():
                    raise DaemonFailed(await asyncio.to_thread(running.how_it_ended))
                if self._clock.monotonic() > deadline:
                    await end(running.identity, daemon.patience)
                    raise DaemonFailed(f"no answer on {socket} within {daemon.patience:g} s; see {daemon.log}")
                await self._clock.sleep(0.03)
        finally:
            over.cancel()

    async def _heartbeat(self, kept: _Kept, identity: Identity) -> None:
        missed = 0
        while True:
            await self._clock.sleep(HEARTBEAT)
            if await answers(kept.daemon.protocol, kept.daemon.socket_of(identity.pid), patience=ANSWER_WITHIN):
                if missed >= SILENT_AFTER:
                    self._report(kept, "running", "answers again")
                missed = 0
                continue
            missed += 1
            if missed == SILENT_AFTER:
                self._report(kept, "silent", f"no answer for {missed * HEARTBEAT:g} s; see {kept.daemon.log}")
            elif missed >= REPLACED_AFTER:
                send(identity, signal.SIGKILL)

    async def _stop(self, daemon: Daemon, identity: Identity) -> None:
        """Let the daemon clean up after itself if it can; end it otherwise."""
        if daemon.farewell is not None:
            with contextlib.suppress(NoAnswer, TimeoutError):
                await request(daemon.socket_of(identity.pid), "exit", list(daemon.farewell))
                await asyncio.wait_for(ended(identity), 10.0)
        await end(identity, 10.0)

    def _report(self, kept: _Kept, state: State, reason: str, *, restarted: bool = False) -> None:
        kept.state, kept.reason = state, reason
        event = DaemonEvent(
            daemon=kept.daemon.name, state=state, reason=reason, at=self._clock.now(), restarted=restarted
        )
        level = _log.warning if state in ("failed", "silent") else _log.info
        level("daemon", daemon=event.daemon, state=state, reason=reason)
        for queue in self._listeners:
            queue.put_nowait(event)
