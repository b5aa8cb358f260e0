"""PostgreSQL behind the store's calls, through asyncpg.

Writers run serializable and lose against each other; who lost writes alone in its process the next time, since quotas
that are counted from rows make every two creations in a project rivals.  Readers run on a snapshot that nothing can
take from them, and leave no traces that a writer could lose over.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Executable, Table, event, insert
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import Insert

from pileus.kernel.store.database import Row, Tx
from pileus.kernel.store.errors import (
    DuplicateRow,
    MissingReference,
    NestedTransaction,
    NoDatabase,
    SerializationFailure,
    StoreError,
    UnfitValue,
)
from pileus.kernel.store.types import json_decode, json_encode
from pileus.kernel.world import World

UNSTORABLE = frozenset({"22001", "22003", "22008", "22021", "22P05"})
"""Too long, out of range, a moment out of range, not a character that can be kept (twice)."""

FIRST_PAUSE = 0.004
LONGEST_PAUSE = 0.5
"""Seconds that a transaction waits when it lost for the first time, and at most."""


def _translate(error: DBAPIError) -> StoreError:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", "") or ""
    text = str(error.orig)
    if state == "23505":
        return DuplicateRow(text, text)
    if state == "23503":
        return MissingReference(text)
    if state in {"40001", "40P01"}:
        return SerializationFailure(text)
    # what asyncpg itself refuses to send has one state for everything, wrong types of ours included
    if state in UNSTORABLE or (state == "22000" and ("out of" in text or "surrogates" in text)):
        return UnfitValue(text)
    return StoreError(text)


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool open another connection when one ended while it lay there, as when the server was restarted.

    Asks the connection what it has heard, not the server, which would cost each transaction a round trip.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class PostgresTx:
    """A transaction on one PostgreSQL connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.hooks: list[Callable[[], None]] = []

    async def _execute(self, statement: Executable, parameters: Any = None) -> Any:
        try:
            return await self._connection.execute(statement, parameters)
        except DBAPIError as error:
            if error.connection_invalidated:  # nothing has been committed: another connection may do better
                raise SerializationFailure(str(error.orig)) from error
            raise _translate(error) from error

    async def all(self, statement: Executable) -> list[Row]:
        """Every row of the result."""
        result = await self._execute(statement)
        keys = tuple(result.keys())
        return [dict(zip(keys, row, strict=True)) for row in result]

    async def first(self, statement: Executable) -> Row | None:
        """The first row of the result, if any."""
        result = await self._execute(statement)
        row = result.first()
        return None if row is None else dict(zip(result.keys(), row, strict=True))

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self._execute(statement)).scalar()

    async def run(self, statement: Executable) -> int:
        """Execute; how many rows were changed."""
        count: int = (await self._execute(statement)).rowcount
        return count

    async def insert(self, table: Table | Insert, values: Row | Sequence[Row]) -> None:
        """Insert one row or many."""
        statement = insert(table) if isinstance(table, Table) else table
        if isinstance(values, dict):
            await self._execute(statement, values)
        elif values:
            await self._execute(statement, list(values))

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run the call once committed."""
        self.hooks.append(call)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail on its own."""
        kept = len(self.hooks)
        try:
            async with self._connection.begin_nested():
                yield
        except BaseException:
            del self.hooks[kept:]
            raise


class Turns:
    """Who of this process may write at the moment: several side by side, or one that must not lose again alone.

    First come, first served: who wants to be alone waits for those who are writing, and whoever comes later for them.
    """

    def __init__(self) -> None:
        self._door = asyncio.Lock()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[None]:
        """One turn at writing."""
        if alone:
            async with self._door:
                await self._empty.wait()
                yield
            return
        async with self._door:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()


class PostgresStore:
    """A PostgreSQL database.

    Args:
        url: `postgresql://user:password@host/database`.
        prepare: called with a connection before first use, to bring the schema up to date.
        pool_size: connections kept open.
        world: the time and chance by which losers wait; the real ones by default, since the database is real.
    """

    def __init__(
        self, url: str, *, prepare: Callable[[Connection], None], pool_size: int = 10, world: World | None = None
    ) -> None:
        self._url = "postgresql+asyncpg://" + url.partition("://")[2]
        self._prepare = prepare
        self._world = world or World()
        self._pool_size = pool_size
        self._engine: AsyncEngine | None = None
        self._writers: set[asyncio.Task[Any] | None] = set()
        self._turns = Turns()

    async def start(self) -> None:
        """Open the database and bring its schema up to date.

        Raises:
            NoDatabase: it does not answer or does not let us in.
        """
        try:
            self._engine = create_async_engine(
                self._url,
                pool_size=self._pool_size,
                isolation_level="SERIALIZABLE",
                json_serializer=json_encode,
                json_deserializer=json_decode,
                hide_parameters=True,  # messages end up in logs
            )
        except ImportError as error:
            raise NoDatabase("PostgreSQL needs more packages than SQLite: pip install 'pileus[cluster]'") from error
        except (ArgumentError, ValueError):  # whose words hold the password
            raise NoDatabase("the database's address is not as postgresql://user:password@host:port/name") from None
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        try:
            connection = await self._engine.connect()
        except (OSError, DBAPIError, ValueError) as error:
            shown = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=True)
            raise NoDatabase(f"the database {shown} cannot be opened: {getattr(error, 'orig', error)}") from error
        try:
            await connection.run_sync(self._prepare)
        finally:
            await connection.close()

    async def stop(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    async def lost(self, times: int) -> None:
        """Wait longer each time, and never as long as another: writers of other machines must get out of the way."""
        if times:
            pause: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**times)
            await self._world.clock.sleep(pause * (0.5 + self._world.ids.random().random()))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that only reads, on a consistent snapshot."""
        async with self._transaction(isolation_level="REPEATABLE READ", postgresql_readonly=True) as tx:
            yield tx

    @asynccontextmanager
    async def write(self, *, alone: bool = False) -> AsyncIterator[Tx]:
        """A transaction that commits when its block ends."""
        task = asyncio.current_task()
        if task in self._writers:
            raise NestedTransaction("this task is in a write transaction already")
        self._writers.add(task)
        try:
            async with self._turns.turn(alone=alone), self._transaction() as tx:
                yield tx
        finally:
            self._writers.discard(task)
        for hook in tx.hooks:
            hook()

    @asynccontextmanager
    async def _transaction(self, **options: Any) -> AsyncIterator[PostgresTx]:
        assert self._engine is not None, "the store has not been started"
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._engine.execution_options(**options).connect())
            except (OSError, DBAPIError) as error:
                raise NoDatabase(f"the database does not answer: {getattr(error, 'orig', error)}") from error
            try:
                async with connection.begin():
                    yield PostgresTx(connection)
            except DBAPIError as error:  # the commit itself
                raise _translate(error) from error
