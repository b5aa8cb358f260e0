"""Lists of items by name: sorted, and cut to a page.  A namespace has few enough to sort them here."""

from typing import Any

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.formats import is_whole
from pileus.kernel.store import Row

SORT_KEYS = ("created_at", "updated_at", "name")


def limit_of(params: dict[str, str], *, least: int = 0) -> int | None:
    """The limit of a query string.

    Raises:
        BadRequest: it is none.
    """
    value = params.get("limit")
    if not value:
        return None
    if not is_whole(value) or int(value) < least:
        negative = is_whole(value.removeprefix("-"))
        raise BadRequest("limit param must be positive" if negative else "limit param must be an integer")
    return int(value)


def direction_of(params: dict[str, str]) -> str:
    """The direction of a query string's order.

    Raises:
        BadRequest: there is none of that name.
    """
    direction = params.get("sort_dir", "desc")
    if direction not in {"asc", "desc"}:
        raise BadRequest(f"Invalid sort direction: {direction}")
    return direction


def cut(rows: list[Row], params: dict[str, str], *, least: int = 0) -> list[Row]:
    """The rows that a query string asks for, behind its marker.

    Raises:
        BadRequest: a parameter is wrong.
    """
    limit, direction = limit_of(params, least=least), direction_of(params)
    key = params.get("sort_key", "created_at")
    if key not in SORT_KEYS:
        raise BadRequest(f"Sort key supplied is invalid: {key}")
    if params.get("visibility") not in {None, "", "public", "private", "shared"}:
        raise BadRequest(f"Invalid visibility value: {params['visibility']}")

    def order(row: Row) -> tuple[Any, ...]:
        return row[key], row["created_at"], row["name"]

    rows = sorted(rows, key=order, reverse=direction == "desc")
    marker = params.get("marker")
    if marker:
        names = [row["name"] for row in rows]
        if marker not in names:
            raise BadRequest(f"Invalid marker: there is no {marker}")
        rows = rows[names.index(marker) + 1 :]
    return rows if limit is None else rows[:limit]
