"""Finding rows by id for requests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Table, select

from pileus.identity.errors import Missing
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import ApiError
from pileus.kernel.store import Row, Tx


def refuse(call: Call, error: ApiError, target: Mapping[str, Any] | None = None) -> ApiError:
    """What to raise for something that is not there: who has no right to know is told the same as if it were.

    Raises:
        Forbidden: the caller would not have the right anyway.
    """
    right = call.operation.right
    if right:
        call.service.policy.require(right, call.who, {**call.own(), **(target or {})})
    return error


@asynccontextmanager
async def reading(call: Call) -> AsyncIterator[Tx]:
    """A read transaction as the call's own, for operations that first ask elsewhere."""
    async with call.store.read() as tx:
        call.tx = tx
        try:
            yield tx
        finally:
            call.tx = None  # type: ignore[assignment]  # as it was


async def row_of(call: Call, table: Table, id: str, *where: Any) -> Row | None:
    """A row by its id, in the request's transaction or one of its own."""
    statement = select(table).where(table.c.id == id, *where)
    if call.tx is not None:
        return await call.tx.first(statement)
    async with call.store.read() as tx:
        return await tx.first(statement)


async def fetch(call: Call, table: Table, id: str, kind: str, *where: Any) -> Row:
    """A row that must be there.

    Raises:
        Missing: it is not.
        Forbidden: it is not, and the caller would have no right to it.
    """
    row = await row_of(call, table, id, *where)
    if row is None:
        raise refuse(call, Missing(kind=kind, id=id))
    return row
