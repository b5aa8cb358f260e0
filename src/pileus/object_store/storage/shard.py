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

from pileus.object_store.storage.protocol import StorageFull

R = TypeVar("R")
Work = Callable[[sqlite3.Connection], Any]
MOST_TOGETHER = 256
"""Writes in one transaction at the most."""
LAYOUT = 1
"""The layout below, kept in the file's user_version."""

SCHEMA = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, metadata TEXT NOT NULL,
    containers INTEGER NOT NULL DEFAULT 0, objects INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE containers (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, name BLOB NOT NULL, created INTEGER NOT NULL,
    changed INTEGER NOT NULL, policy TEXT NOT NULL, metadata TEXT NOT NULL,
    objects INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (account, name));
CREATE TABLE objects (
    container INTEGER NOT NULL, name BLOB NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    content_type TEXT NOT NULL, metadata TEXT NOT NULL, delete_at INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL,
    PRIMARY KEY (container, name)) WITHOUT ROWID;
CREATE INDEX expiring ON objects (delete_at) WHERE delete_at > 0;
CREATE INDEX filed ON objects (data) WHERE data LIKE 'f%';
CREATE TABLE small (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE garbage (file TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER object_new AFTER INSERT ON objects BEGIN
    UPDATE containers SET objects = objects + 1, bytes = bytes + NEW.size WHERE id = NEW.container; END;
CREATE TRIGGER object_gone AFTER DELETE ON objects BEGIN
    UPDATE containers SET objects = objects - 1, bytes = bytes - OLD.size WHERE id = OLD.container; END;
CREATE TRIGGER object_other AFTER UPDATE OF size ON objects BEGIN
    UPDATE containers SET bytes = bytes + NEW.size - OLD.size WHERE id = NEW.container; END;
CREATE TRIGGER container_new AFTER INSERT ON containers BEGIN
    UPDATE accounts SET containers = containers + 1 WHERE id = NEW.account; END;
CREATE TRIGGER container_gone AFTER DELETE ON containers BEGIN
    UPDATE accounts SET containers = containers - 1 WHERE id = OLD.account; END;
CREATE TRIGGER container_other AFTER UPDATE OF objects, bytes ON containers BEGIN
    UPDATE accounts SET objects = objects + NEW.objects - OLD.objects, bytes = bytes + NEW.bytes - OLD.bytes
    WHERE id = NEW.account; END;
"""


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
        connection.execute("BEGIN IMMEDIATE")
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout == 0:
            for statement in SCHEMA.replace("; END;", "; END\0").replace(";\n", "\0").split("\0"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")
        if layout > LAYOUT:
            raise RuntimeError(f"{self._path} was written by a newer version (layout {layout})")
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
