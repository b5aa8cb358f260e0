"""PostgreSQL behind the store's calls, through asyncpg."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Executable, Table, insert
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import Insert

from pileus.kernel.store.database import Row, Tx
from pileus.kernel.store.errors import DuplicateRow, MissingReference, SerializationFailure, StoreError, UnstorableValue


def _translate(error: DBAPIError) -> StoreError:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", "") or ""
    text = str(error.orig)
    if state == "23505":
        return DuplicateRow(text, text)
    if state == "23503":
        return MissingReference(text)
    if isinstance(error, DataError) or state[:2] == "22":  # asyncpg refuses some values before they are sent
        return UnstorableValue(text)
    if state in {"40001", "40P01"}:
        return SerializationFailure(text)
    return StoreError(text)


class PostgresTx:
    """A transaction on one PostgreSQL connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.hooks: list[Callable[[], None]] = []

    async def _execute(self, statement: Executable, parameters: Any = None) -> Any:
        try:
            return await self._connection.execute(statement, parameters)
        except DBAPIError as error:
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


class PostgresStore:
    """A PostgreSQL database.

    Args:
        url: `postgresql://user:password@host/database`.
        prepare: called with a connection before first use, to bring the schema up to date.
        pool_size: connections kept open.
    """

    def __init__(self, url: str, *, prepare: Callable[[Connection], None], pool_size: int = 10) -> None:
        self._url = "postgresql+asyncpg://" + url.partition("://")[2]
        self._prepare = prepare
        self._pool_size = pool_size
        self._engine: AsyncEngine | None = None

    async def start(self) -> None:
        """Open the database and bring its schema up to date."""
        self._engine = create_async_engine(self._url, pool_size=self._pool_size, isolation_level="SERIALIZABLE")
        async with self._engine.connect() as connection:
            await connection.run_sync(self._prepare)

    async def stop(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that only reads, on a consistent snapshot."""
        return self._transaction(read_only=True)

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that commits when its block ends."""
        return self._transaction(read_only=False)

    @asynccontextmanager
    async def _transaction(self, *, read_only: bool) -> AsyncIterator[Tx]:
        assert self._engine is not None, "the store has not been started"
        engine = self._engine.execution_options(postgresql_readonly=read_only)
        try:
            async with engine.begin() as connection:
                tx = PostgresTx(connection)
                yield tx
        except DBAPIError as error:  # the commit itself
            raise _translate(error) from error
        for hook in tx.hooks:
            hook()
