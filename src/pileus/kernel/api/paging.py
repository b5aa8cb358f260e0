"""Pages of lists: filters, sort keys, limit and marker turned into a statement with keyset paging.

Source: API-WG pagination and sorting guidelines.  The cost of a page does not depend on how far down it lies.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, and_, case, false, or_
from sqlalchemy.sql import ColumnElement

from pileus.kernel.api.call import Page
from pileus.kernel.store import Row, Tx

Sort = Sequence[tuple[str, str]]
"""Sort keys with "asc" or "desc"."""


class UnknownMarker(Exception):
    """The marker names no row; services answer it in their own way."""


def _after(table: Table, sort: Sort, marker: Row) -> ColumnElement[bool]:
    """The condition of lying behind the marker in the order of the sort keys; nulls come first in "asc"."""
    clauses = []
    equal: list[ColumnElement[bool]] = []
    for key, direction in sort:
        column, value = table.c[key], marker[key]
        ascending = direction == "asc"
        behind: ColumnElement[bool] | None
        if value is None:
            behind = column.is_not(None) if ascending else None
        else:
            behind = column > value if ascending else or_(column < value, column.is_(None))
        if behind is not None:
            clauses.append(and_(*equal, behind))
        equal.append(column.is_(None) if value is None else column == value)
    return or_(*clauses) if clauses else false()


def ordered(statement: Select[Any], table: Table, sort: Sort) -> Select[Any]:
    """The statement in the order of the sort keys, nulls first in "asc" in every database."""
    terms: list[Any] = []
    for key, direction in sort:
        column = table.c[key]
        if column.nullable:
            null_rank = case((column.is_(None), 0), else_=1)
            terms.append(null_rank.asc() if direction == "asc" else null_rank.desc())
        terms.append(column.asc() if direction == "asc" else column.desc())
    return statement.order_by(*terms)


async def page(
    tx: Tx,
    statement: Select[Any],
    table: Table,
    *,
    sort: Sort,
    limit: int | None,
    marker: str | None = None,
    id: str = "id",
    backwards: bool = False,
) -> Page:
    """One page of a statement's rows.

    Args:
        statement: selects whole rows of the table, filters included.
        sort: sort keys; the id is added as the last, so that the order is total.
        limit: rows at the most; None for all, 0 for none.
        marker: the id of the row that the page comes after (before, with `backwards`).

    Raises:
        UnknownMarker: there is no row with that id.
    """
    order = list(sort)
    if not any(key == id for key, _ in order):
        order.append((id, order[-1][1] if order else "asc"))
    if backwards:
        order = [(key, "desc" if direction == "asc" else "asc") for key, direction in order]
    if marker:
        row = await tx.first(table.select().where(table.c[id] == marker))
        if row is None:
            raise UnknownMarker(marker)
        statement = statement.where(_after(table, order, row))
    if limit == 0:
        return Page([])
    statement = ordered(statement, table, order)
    if limit is None:
        rows = await tx.all(statement)
        more = False
    else:
        rows = await tx.all(statement.limit(limit + 1))
        more = len(rows) > limit
        rows = rows[:limit]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    return Page(rows, next=rows[-1][id] if more or backwards else None, previous=rows[0][id] if marker else None)
