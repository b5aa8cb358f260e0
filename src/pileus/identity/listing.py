"""Lists as Keystone gives them: filters (exact, `name__contains` and its kin), sort keys, limit and marker, links."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Boolean, Column, Select, Table, func, select

from pileus.identity.errors import Malformed, Missing
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import UNSET, Field, anything
from pileus.kernel.api.paging import UnknownMarker, page

MOST = 1000
"""Rows of a page where the request asks for more."""


def links(collection: str) -> Field:
    """The field that says where a resource lies."""
    return anything(
        "Where the resource lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url(collection, row["id"])},
    )


def page_links(call: Call, _plural: str, after: str | None, _before: str | None) -> dict[str, Any]:
    """What stands beside a list."""
    path = call.request.url.path
    base = call.base.removesuffix(call.service.prefix) if path.startswith(call.service.prefix) else call.base
    here = base + path
    query = call.request.url.query
    following = None
    if after is not None:
        rest = [(name, value) for name, value in call.params if name != "marker"]
        following = f"{here}?{urlencode([*rest, ('marker', after)])}"
    return {"links": {"next": following, "self": f"{here}?{query}" if query else here, "previous": None}}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _compare(column: Column[Any], how: str, value: str) -> Any:
    """The condition of one inexact filter, or None where the comparison is unknown."""
    folded = how.startswith("i")
    shape = how[1:] if folded else how
    shapes = {"contains": "%{}%", "startswith": "{}%", "endswith": "%{}", "exact": "{}"}
    if shape not in shapes:
        return None
    pattern = shapes[shape].format(_escaped(value))
    if folded:
        return func.lower(column).like(pattern.lower(), escape="\\")
    plain = value
    if shape == "contains":  # LIKE folds case in SQLite: compare what was found once more
        return func.replace(column, plain, "") != column if plain else column.is_not(None)
    if shape == "startswith":
        return func.substr(column, 1, len(plain)) == plain
    if shape == "endswith":
        return func.substr(column, func.length(column) - len(plain) + 1) == plain
    return column == plain


def truth(value: str) -> bool:
    """The boolean of a query parameter: everything but "false" and "0" is true, as in Keystone."""
    return value.lower() not in {"0", "false"}


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def moments(column: Column[Any], asked: str) -> Any:
    """The condition of `lt:2030-01-01T00:00:00Z` and its kin.

    Raises:
        BadRequest: the comparison or the moment is none.
    """
    how, _, text = asked.partition(":")
    if how not in _COMPARISONS:
        raise BadRequest(
            f"The given operator {how} is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', "
            "or 'gte'."
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Timestamp not in expected format.") from error
    return _COMPARISONS[how](column, moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def filtered(statement: Select[Any], params: list[tuple[str, str]], filters: Mapping[str, Column[Any]]) -> Select[Any]:
    """The statement with the conditions that a query string names; unknown parameters mean nothing."""
    for name, value in params:
        plain, _, how = name.partition("__")
        column = filters.get(plain)
        if column is None:
            continue
        if not how:
            wanted: Any = truth(value) if isinstance(column.type, Boolean) else value
            statement = statement.where(column == wanted)
        elif not isinstance(column.type, Boolean):
            condition = _compare(column, how, value)
            if condition is not None:
                statement = statement.where(condition)
    return statement


async def listing(
    call: Call,
    table: Table,
    filters: tuple[str, ...] | Mapping[str, Column[Any]],
    statement: Select[Any] | None = None,
) -> Page:
    """A page of a table's rows as the query string asks.

    Args:
        filters: what the query string may filter by: names of columns, or columns by parameter.
        statement: the rows to choose from; all of the table's by default.

    Raises:
        BadRequest: the limit is not a number, or the sort key is unknown.
        Missing: the marker names no row.
    """
    columns = filters if isinstance(filters, Mapping) else {name: table.c[name] for name in filters}
    params = dict(call.params)
    chosen = filtered(select(table) if statement is None else statement, call.params, columns)
    key, direction = params.get("sort_key", "id"), params.get("sort_dir", "asc")
    if key not in table.c or direction not in {"asc", "desc"}:
        raise BadRequest(f"Invalid sort key or direction: {key} {direction}")
    try:
        return await page(
            call.tx,
            chosen,
            table,
            sort=[(key, direction)],
            limit=limit(params.get("limit")),
            marker=params.get("marker"),
        )
    except UnknownMarker as error:
        raise Missing(f"Marker {params['marker']} could not be found.") from error


def limit(text: str | None) -> int | None:
    """The limit of a query string; None for none.

    Raises:
        BadRequest: it is not a number that makes sense.
    """
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise BadRequest(f"Invalid input for field 'limit': {text!r} is not a number")
    return min(int(text), MOST) or None


_OURS = frozenset(
    {
        "extra",
        "password_hash",
        "password_expires_at",
        "password_set_at",
        "password_own",
        "tokens_since",
        "failures",
        "failed_at",
        "created_at",
        "active_at",
    }
)
"""Columns that no body sets, whoever sends it: unknown attributes are kept, so they must be known here."""


def rest(body: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The attributes of a body that the table has no column for; they are kept beside the others."""
    return {name: value for name, value in body.items() if name not in table.c and value is not UNSET}


def split(body: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """A body as a row's values: columns, and all else in `extra`."""
    known = {name: value for name, value in body.items() if name in table.c and name not in _OURS}
    return {**known, "extra": rest(body, table)}


def merged(row: Mapping[str, Any], body: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """What an update changes: columns, and `extra` with a null removing nothing but setting null.

    Raises:
        Malformed: the body names another id.
    """
    values = split(body, table)
    if values.pop("id", row["id"]) != row["id"]:
        raise Malformed("The id of a resource cannot be changed.")
    values["extra"] = {**(row.get("extra") or {}), **values["extra"]}
    return values
