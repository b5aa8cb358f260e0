"""The calls that every service uses: open a transaction, run statements in it.

A write transaction is short and waits for nothing but the database: no network, no disk of others, no thread
(DESIGN section 3).  In SQLite there is one writer at a time behind a lock; in PostgreSQL transactions are serializable
and whoever opened one runs it again on `SerializationFailure`.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Executable, Table
from sqlalchemy.sql.dml import Insert

from pileus.kernel.store.errors import SerializationFailure

Row: TypeAlias = dict[str, Any]
"""One row, by column name."""

R = TypeVar("R")

MOST_TRIES = 12


class Tx(Protocol):
    """An open transaction."""

    async def all(self, statement: Executable) -> list[Row]:
        """Every row of the result."""
        ...

    async def first(self, statement: Executable) -> Row | None:
        """The first row of the result, if any."""
        ...

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        ...

    async def run(self, statement: Executable) -> int:
        """Execute; how many rows were changed.

        Raises:
            DuplicateRow, MissingReference, SerializationFailure: see the errors module.
        """
        ...

    async def insert(self, table: Table | Insert, values: Row | Sequence[Row]) -> None:
        """Insert one row or many.

        Raises:
            DuplicateRow, MissingReference: the row violates a constraint.
        """
        ...

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run the call once the transaction has been committed; never when it is rolled back."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """A part that can fail on its own: what it did is undone when an exception leaves it."""
        ...


class Store(Protocol):
    """A database."""

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that only reads, on a consistent snapshot."""
        ...

    def write(self, *, alone: bool = False) -> AbstractAsyncContextManager[Tx]:
        """A transaction that commits when its block ends and rolls back when an exception leaves it.

        Args:
            alone: whether nobody else in this process may write meanwhile: for one that lost before.
        """
        ...

    async def lost(self, times: int) -> None:
        """Wait for as long as is wise before running a transaction again that lost.

        Args:
            times: how often it has lost before.
        """
        ...

    async def start(self) -> None:
        """Open the database and bring its schema up to date."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...


async def retrying(store: Store, body: Callable[[Tx], Awaitable[R]]) -> R:
    """Run a write transaction, again from its start when it lost against another one.

    Raises:
        SerializationFailure: it lost `MOST_TRIES` times.
    """
    for times in range(MOST_TRIES):
        try:
            async with store.write(alone=times > 0) as tx:
                return await body(tx)
        except SerializationFailure:
            if times == MOST_TRIES - 1:
                raise
        await store.lost(times)
    raise AssertionError("not reached")
