"""A page of names out of any number of them, in time that depends on the page alone.

With a delimiter the search leaps: once a name has shown a subdirectory, it goes on behind everything that lies in it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pileus.object_store.storage.protocol import Query, Subdir

R = TypeVar("R")
Row = tuple[Any, ...]
STEP = 512
"""Rows read at once while no subdirectory was met."""


def after(prefix: bytes) -> bytes | None:
    """The first byte string behind all that start with a prefix; None if there is none."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes([cut[-1] + 1]) if cut else None


def page(
    connection: sqlite3.Connection, select: str, owner: int, query: Query, make: Callable[[Row], R]
) -> list[R | Subdir]:
    """The entries that a query asks for.

    Args:
        select: `SELECT name, … FROM … WHERE owner = ?`; what is searched is added to it.
        owner: whose names.
        make: turns a row into an entry.
    """
    prefix, delimiter = query.prefix.encode(), query.delimiter.encode()
    found: list[R | Subdir] = []
    first, last = (query.end_marker, query.marker) if query.reverse else (query.marker, query.end_marker)
    low, inclusive = (first.encode(), False) if first.encode() >= prefix else (prefix, True)
    high = _lowest(last.encode() or None, after(prefix) if prefix else None)
    while len(found) < query.limit:
        many = min(STEP, query.limit - len(found))
        leap = None
        seen, name = 0, b""
        for row in _rows(connection, select, owner, low, inclusive, high, many, query.reverse):
            seen, name = seen + 1, row[0]
            if not query.subdirs and name == prefix:
                continue
            at = name.find(delimiter, len(prefix)) if delimiter else -1
            if at < 0:
                found.append(make(row))
                continue
            directory = name[: at + len(delimiter)]
            if not query.subdirs and name == directory:
                found.append(make(row))  # the directory's own marker object
                continue
            leap = directory
            if query.subdirs and directory != query.marker.encode():
                found.append(Subdir(directory.decode()))
            break
        if leap is None and seen < many:
            break
        if query.reverse:
            high = leap if leap is not None else name
        elif leap is not None:
            beyond = after(leap)
            if beyond is None:
                break
            low, inclusive = beyond, True
        else:
            low, inclusive = name, False
    return found


def _lowest(*bounds: bytes | None) -> bytes | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if known else None


def _rows(
    connection: sqlite3.Connection,
    select: str,
    owner: int,
    low: bytes,
    inclusive: bool,
    high: bytes | None,
    many: int,
    reverse: bool,
) -> Iterator[Row]:
    text = f"{select} AND name {'>=' if inclusive else '>'} ?"
    values: list[Any] = [owner, low]
    if high is not None:
        text += " AND name < ?"
        values.append(high)
    text += f" ORDER BY name {'DESC' if reverse else 'ASC'} LIMIT ?"
    return connection.execute(text, [*values, many])
