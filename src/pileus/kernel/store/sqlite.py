"""SQLite behind the store's calls: called directly on the loop, one writer, as many readers as there are readers.

Measured: a thread hop costs more than most statements, so statements run on the loop.  Only the commit of a durable
database leaves it, because it waits for the disk.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event, insert
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.sql.dml import Insert

from pileus.kernel.store.database import Row, Tx
from pileus.kernel.store.errors import (
    DuplicateRow,
    MissingReference,
    NestedTransaction,
    SerializationFailure,
    StoreError,
    UnfitValue,
)
from pileus.kernel.store.reading import Plan, Plans


def _translate(error: Exception) -> StoreError:
    text = str(getattr(error, "orig", error))
    if "UNIQUE constraint failed" in text or "PRIMARY KEY" in text:
        return DuplicateRow(text, text.rpartition(": ")[2])
    if "FOREIGN KEY constraint failed" in text:
        return MissingReference(text)
    if "Expression tree is too large" in text or "too many SQL variables" in text:
        return UnfitValue(text)  # a filter with thousands of values
    if "locked" in text or "busy" in text:
        return SerializationFailure(text)
    return StoreError(text)


class SqliteTx:
    """A transaction on one SQLite connection."""

    def __init__(self, connection: Connection, plans: Plans) -> None:
        self._connection = connection
        self._plans = plans
        self.hooks: list[Callable[[], None]] = []

    def _execute(self, statement: Executable, parameters: Any = None) -> Any:
        try:
            return self._connection.execute(statement, parameters)
        except (IntegrityError, OperationalError) as error:
            raise _translate(error) from error
        except (OverflowError, UnicodeEncodeError, DataError) as error:
            raise UnfitValue(str(error)) from error

    def _read(self, plan: Plan, bound: Any, *, one: bool) -> list[Row]:
        try:
            cursor = plan.run(raw(self._connection), bound)
            found = cursor.fetchmany(1) if one else cursor.fetchall()
            cursor.close()
        except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
            raise _translate(error) from error
        except (OverflowError, UnicodeEncodeError, sqlite3.DataError) as error:
            raise UnfitValue(str(error)) from error
        return plan.rows(found)

    async def all(self, statement: Executable) -> list[Row]:
        """Every row of the result."""
        planned = self._plans.find(statement)
        if planned is not None:
            return self._read(*planned, one=False)
        result = self._execute(statement)
        keys = tuple(result.keys())
        # all at once: SQLAlchemy asks the driver for each row by itself otherwise
        return [dict(zip(keys, row, strict=True)) for row in result.fetchall()]

    async def first(self, statement: Executable) -> Row | None:
        """The first row of the result, if any."""
        planned = self._plans.find(statement)
        if planned is not None:
            return next(iter(self._read(*planned, one=True)), None)
        result = self._execute(statement)
        row = result.first()
        return None if row is None else dict(zip(result.keys(), row, strict=True))

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        planned = self._plans.find(statement)
        if planned is not None:
            rows = self._read(*planned, one=True)
            return rows[0][planned[0].keys[0]] if rows else None
        return self._execute(statement).scalar()

    async def run(self, statement: Executable) -> int:
        """Execute; how many rows were changed."""
        count: int = self._execute(statement).rowcount
        return count

    async def insert(self, table: Table | Insert, values: Row | Sequence[Row]) -> None:
        """Insert one row or many."""
        statement = insert(table) if isinstance(table, Table) else table
        if isinstance(values, dict):
            self._execute(statement, values)
        elif values:
            self._execute(statement, list(values))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run the call once committed."""
        self.hooks.append(call)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail on its own."""
        nested = self._connection.begin_nested()
        kept = len(self.hooks)
        try:
            yield
        except BaseException:
            nested.rollback()
            del self.hooks[kept:]
            raise
        nested.commit()


def raw(connection: Connection) -> sqlite3.Connection:
    """The driver's connection below SQLAlchemy's."""
    driver: Any = connection.connection.dbapi_connection
    return driver  # type: ignore[no-any-return]


class SqliteStore:
    """One SQLite file (or memory) in write-ahead mode.

    Args:
        path: the file; None keeps everything in memory, with one connection for all.
        durable: whether a commit waits until the disk has it.  Without, a power cut may lose the last commits, a
            killed process never does.
        prepare: called with a connection before first use, to bring the schema up to date.
    """

    def __init__(self, path: Path | None, *, durable: bool = True, prepare: Callable[[Connection], None]) -> None:
        self._path = path
        self._durable = durable
        self._prepare = prepare
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._engine: Engine | None = None
        self._writer: Connection | None = None
        self._readers: list[Connection] = []
        self._plans: Plans

    async def start(self) -> None:
        """Open the database and bring its schema up to date."""
        place = str(self._path) if self._path else "file:pileus?mode=memory&cache=private"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(place, uri=self._path is None, isolation_level=None, check_same_thread=False)

        if self._path is None:
            # one connection is the database: the pool keeps it open for as long as the engine lives
            engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool, hide_parameters=True)
        else:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "connect", self._on_connect)
        self._engine = engine
        self._plans = Plans(engine.dialect)
        self._writer = engine.connect()
        self._prepare(self._writer)

    def _on_connect(self, connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL" if self._path else "journal_mode=MEMORY",
            f"synchronous={'FULL' if self._durable else 'NORMAL'}",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    async def stop(self) -> None:
        """Close the database."""
        for connection in (*self._readers, self._writer):
            if connection is not None:
                connection.close()
        self._readers.clear()
        self._writer = None
        if self._engine is not None:
            self._engine.dispose()

    async def lost(self, times: int) -> None:
        """No wait: there is one writer, who loses only when its own logic says so."""

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that only reads, on a consistent snapshot."""
        return self._read()

    def write(self, *, alone: bool = False) -> AbstractAsyncContextManager[Tx]:
        """A transaction that commits when its block ends; a writer is always alone."""
        return self._write()

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[Tx]:
        assert self._engine is not None, "the store has not been started"
        if self._path is None:  # one connection: a reader is a writer that changes nothing
            async with self._write() as tx:
                yield tx
            return
        connection = self._readers.pop() if self._readers else self._engine.connect()
        driver = raw(connection)
        try:
            driver.execute("BEGIN")
            yield SqliteTx(connection, self._plans)
        finally:
            connection.rollback()  # what SQLAlchemy knows of
            driver.rollback()
            self._readers.append(connection)

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[Tx]:
        assert self._writer is not None, "the store has not been started"
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise NestedTransaction("this task is in a write transaction already")
        connection = self._writer
        async with self._lock:
            self._owner = task
            tx = SqliteTx(connection, self._plans)
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield tx
                except BaseException:
                    connection.rollback()
                    raise
                cancelled = await self._commit(connection)
            finally:
                self._owner = None
        for hook in tx.hooks:
            hook()
        if cancelled is not None:
            raise cancelled

    async def _commit(self, connection: Connection) -> asyncio.CancelledError | None:
        """Commit; the cancellation that came meanwhile, to be raised once what hangs on the commit is done."""
        if not self._durable or self._path is None:
            connection.commit()
            return None
        commit = asyncio.ensure_future(asyncio.to_thread(connection.commit))
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError as cancelled:
            await commit  # the writer is not handed on in the middle of a commit
            return cancelled
        return None
