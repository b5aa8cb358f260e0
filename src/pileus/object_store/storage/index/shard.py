"""One SQLite database with a share of the accounts: group commit on one side, snapshots on the other.

What is waiting to be written when the disk is ready is written in one transaction, with one wait for the disk; each
write is a savepoint of its own, so that one that fails takes nothing else with it.  Several processes may share a
shard: SQLite's lock orders their writers.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pileus.object_store.storage.index.layout import NewerLayout, bring_up_to_date
from pileus.object_store.storage.records import StorageFull

R = TypeVar("R")
Connection = sqlite3.Connection
Work = Callable[[sqlite3.Connection], Any]
MOST_TOGETHER = 256
"""Writes in one transaction at the most."""


class Shard:
    """One database.

    Args:
        path: its file; made when missing.
        durable: whether a write waits until the disk has it.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._work: queue.SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._reader: sqlite3.Connection | None = None
        self._listers: list[sqlite3.Connection] = []

    def open(self) -> None:
        """Make the database ready; blocks."""
        connection = self._connect()
        try:
            bring_up_to_date(connection)
        except NewerLayout as error:
            raise RuntimeError(f"{self._path} was written by a newer version ({error})") from None
        self._reader = connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        connection.execute("PRAGMA cache_size = -8000")
        return connection

    def close(self) -> None:
        """End the writer when it has written what waits, and close the database; blocks."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None
        for connection in (*self._listers, self._reader):
            if connection is not None:
                connection.close()
        self._listers.clear()
        self._reader = None

    def look(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Read a row or two, at once: a change of threads would take longer."""
        assert self._reader is not None, "the shard has not been opened"
        return work(self._reader)

    async def list(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Read many rows, in a thread, on one snapshot."""
        connection = self._listers.pop() if self._listers else None

        def run() -> R:
            used = connection or self._connect()
            used.execute("BEGIN")
            try:
                return work(used)
            finally:
                used.execute("COMMIT")
                self._listers.append(used)

        return await asyncio.to_thread(run)

    async def write(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Write; returns when the disk has it.

        Raises:
            StorageFull: the disk is full.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"objects-{self._path.stem}", daemon=True)
            self._thread.start()
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._work.put((work, future))
        return await future

    def _run(self) -> None:
        connection = self._connect()
        going = True
        while going:
            batch = []
            item = self._work.get()
            while item is not None:
                batch.append(item)
                if len(batch) == MOST_TOGETHER or self._work.empty():
                    break
                item = self._work.get()
            going = item is not None
            if batch:
                _deliver(_together(connection, batch))
        connection.close()


Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]


def _together(connection: sqlite3.Connection, batch: list[tuple[Work, asyncio.Future[Any]]]) -> list[Outcome]:
    """Run the work of a batch in one transaction."""
    outcomes: list[Outcome] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for work, future in batch:
            connection.execute("SAVEPOINT one")
            try:
                outcomes.append((future, work(connection), None))
            except Exception as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise  # the database itself is in trouble: nothing of this batch counts
                connection.execute("ROLLBACK TO one")
                outcomes.append((future, None, error))
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
    except Exception as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        full = isinstance(error, sqlite3.OperationalError) and "full" in str(error)
        return [(future, None, StorageFull(str(error)) if full else error) for _work, future in batch]
    return outcomes


def _deliver(outcomes: list[Outcome]) -> None:
    def settle(mine: list[Outcome]) -> None:
        for future, result, error in mine:
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, mine in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, mine)
