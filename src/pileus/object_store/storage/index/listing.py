"""A page of names out of any number of them, in time that depends on the page alone.

With a delimiter the search leaps: once a name has shown a subdirectory, it goes on behind everything that lies in it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pileus.object_store.storage.records import Query, Subdir

R = TypeVar("R")
Row = tuple[Any, ...]
Open = Callable[[bytes, bool, bytes | None], Iterator[Row]]
"""Begins to read rows from a name on (whether it is one of them), up to another, in the query's direction."""


def after(prefix: bytes) -> bytes | None:
    """The first byte string behind all that start with a prefix; None if there is none."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes([cut[-1] + 1]) if cut else None


def page(
    connection: sqlite3.Connection, select: str, owner: int, query: Query, make: Callable[[Row], R], then: str = ""
) -> list[R | Subdir]:
    """The entries that a query asks for.

    Args:
        select: `SELECT name, … FROM … WHERE owner = ?`; what is searched is added to it.
        owner: whose names.
        make: turns a row into an entry.
        then: a column that orders rows of one name.
    """
    order = f" ORDER BY name {'DESC' if query.reverse else 'ASC'}" + (f", {then}" if then else "")

    def rows(low: bytes, inclusive: bool, high: bytes | None) -> Iterator[Row]:
        return connection.execute(select + between(inclusive, high) + order, bounds(owner, low, high))

    return walk(rows, query, make)


def between(inclusive: bool, high: bytes | None) -> str:
    """The condition on names for `bounds`."""
    return f" AND name {'>=' if inclusive else '>'} ?" + (" AND name < ?" if high is not None else "")


def bounds(owner: int, low: bytes, high: bytes | None) -> tuple[Any, ...]:
    """What stands for the question marks of `… WHERE owner = ?` and `between`."""
    return (owner, low) if high is None else (owner, low, high)


def walk(rows: Open, query: Query, make: Callable[[Row], R]) -> list[R | Subdir]:
    """The entries that a query asks for.

    Args:
        rows: reads rows that begin with their names, no more of them than are taken.
        make: turns a row into an entry.
    """
    prefix, delimiter, marker = query.prefix.encode(), query.delimiter.encode(), query.marker.encode()
    found: list[R | Subdir] = []
    first, last = (query.end_marker.encode(), marker) if query.reverse else (marker, query.end_marker.encode())
    low, inclusive = (first, False) if first >= prefix else (prefix, True)
    high = _lowest(last or None, after(prefix) if prefix else None)
    reading = rows(low, inclusive, high)
    while len(found) < query.limit:
        row = next(reading, None)
        if row is None:
            break
        name: bytes = row[0]
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
        if query.subdirs and directory != marker:
            found.append(Subdir(directory.decode()))
        if query.reverse:
            high = directory
        else:
            beyond = after(directory)
            if beyond is None:
                break
            low, inclusive = beyond, True
        reading = rows(low, inclusive, high)
    return found


def _lowest(*bounds: bytes | None) -> bytes | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if known else None
