"""Older versions and markers in a shard's tables.  Everything here blocks and runs inside a transaction."""

# ruff: noqa: S608 - the only names put into statements are those of our own tables and columns

import heapq
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from pileus.object_store.storage import locks
from pileus.object_store.storage.index.accounts import metadata_of
from pileus.object_store.storage.index.data import discard
from pileus.object_store.storage.index.listing import between, bounds, walk
from pileus.object_store.storage.records import TICKS, ObjectRecord, Query, Subdir

Connection = sqlite3.Connection
Row = tuple[Any, ...]
COLUMNS = "name, stamp, size, etag, content_type, metadata, delete_at, data, version, sealed"
VERSION_COLUMNS = COLUMNS + ", marker, made"
_MOVED = "container, " + COLUMNS + ", made"
_AGE = "CASE made WHEN 0 THEN stamp ELSE made END"
"""When a row of `objects` was made; one of the first layout does not say it."""


def name_of(made: int) -> str:
    """The version that was made at a moment; read back by `moment_of`."""
    return f"{made // TICKS:010}.{made % TICKS:05}"


def moment_of(version: str) -> int | None:
    """When a version was made; None if no version is called that."""
    second, dot, rest = version.partition(".")
    if not dot or not (second + rest).isascii() or not (second + rest).isdecimal() or len(version) > 20:
        return None
    return int(second) * TICKS + int(rest)


def maker(account: str, container: str) -> Callable[[Row], ObjectRecord]:
    """What makes records of rows, of `objects` or of `versions`."""

    def make(row: Row) -> ObjectRecord:
        return ObjectRecord(
            row[0].decode(),
            row[1],
            row[2],
            row[3],
            row[4],
            metadata_of(row[5]),
            row[6],
            row[7],
            None,
            account,
            container,
            row[8],
            sealed=row[9],
            marker=len(row) > 10 and bool(row[10]),
        )

    return make


def newest(connection: Connection, owner: int, name: str) -> int:
    """When the newest older version or marker of a name was made; -1 if there is none."""
    chosen = "SELECT made FROM versions WHERE container = ? AND name = ? ORDER BY made DESC LIMIT 1"
    row = connection.execute(chosen, (owner, name.encode())).fetchone()
    return -1 if row is None else row[0]


def shift(connection: Connection, owner: int, name: str) -> None:
    """Make the object an older version."""
    where = (owner, name.encode())
    connection.execute(
        f"INSERT INTO versions ({_MOVED}) SELECT container, {COLUMNS}, {_AGE}"
        " FROM objects WHERE container = ? AND name = ?",
        where,
    )
    connection.execute("DELETE FROM objects WHERE container = ? AND name = ?", where)


def _promote(connection: Connection, owner: int, name: str) -> None:
    """Make the newest version that is left the object, unless it is a marker."""
    where = (owner, name.encode())
    chosen = "SELECT made, marker FROM versions WHERE container = ? AND name = ? ORDER BY made DESC LIMIT 1"
    row = connection.execute(chosen, where).fetchone()
    if row is None or row[1]:
        return
    if connection.execute("SELECT 1 FROM objects WHERE container = ? AND name = ?", where).fetchone():
        return
    connection.execute(
        f"INSERT INTO objects ({_MOVED}) SELECT {_MOVED} FROM versions WHERE container = ? AND name = ? AND made = ?",
        (*where, row[0]),
    )
    connection.execute("DELETE FROM versions WHERE container = ? AND name = ? AND made = ?", (*where, row[0]))


def mark(connection: Connection, owner: int, place: tuple[str, str, str], made: int, *, named: bool) -> ObjectRecord:
    """Leave a marker."""
    version = name_of(made) if named else ""
    connection.execute(
        f"INSERT INTO versions ({_MOVED}, marker) VALUES (?, ?, ?, 0, '', '', '{{}}', 0, '', ?, x'', ?, 1)",
        (owner, place[2].encode(), made, version, made),
    )
    return ObjectRecord(place[2], made, 0, "", "", {}, 0, "", None, *place[:2], version, marker=True)


def find(
    connection: Connection, owner: int, place: tuple[str, str, str], version: str, *, latest: bool
) -> ObjectRecord | None:
    """An older version or a marker.

    Args:
        latest: whether there is no object of that name.
    """
    where = (owner, place[2].encode(), version)
    chosen = f"SELECT {VERSION_COLUMNS} FROM versions WHERE container = ? AND name = ? AND version = ?"
    if version:
        made = moment_of(version)
        if made is None:
            return None
        row = connection.execute(chosen + " AND made = ?", (*where, made)).fetchone()
    else:
        row = connection.execute(chosen, where).fetchone()
    if row is None:
        return None
    record = maker(*place[:2])(row)
    return _as_latest(record, latest=latest and newest(connection, owner, place[2]) == row[11])


def _as_latest(record: ObjectRecord, *, latest: bool) -> ObjectRecord:
    return record if record.latest == latest else msgspec.structs.replace(record, latest=latest)


def forget_null(connection: Connection, owner: int, name: str, now: int) -> None:
    """Forget the null version among the older ones."""
    where = "FROM versions WHERE container = ? AND name = ? AND version = ''"
    values = (owner, name.encode())
    for data, text in connection.execute(f"SELECT data, metadata {where}", values).fetchall():
        locks.check(metadata_of(text), now // TICKS)
        discard(connection, data, now)
    connection.execute(f"DELETE {where}", values)


def forget(connection: Connection, owner: int, name: str, version: str, old: ObjectRecord, now: int) -> None:
    """Forget a version for good."""
    discard(connection, old.data, now)
    where = (owner, name.encode(), version)
    for table in ("objects", "versions"):
        connection.execute(
            f"DELETE FROM {table} WHERE container = ? AND name = ? AND version = ?",
            where,
        )
    _promote(connection, owner, name)


def listed(
    connection: Connection, owner: int, query: Query, make: Callable[[Row], ObjectRecord]
) -> list[ObjectRecord | Subdir]:
    """A page of all versions and markers: by name, of one name the newest first."""
    order = " ORDER BY name DESC, made DESC" if query.reverse else " ORDER BY name, made DESC"
    marker = query.marker.encode()
    begun = query.version_marker is not None and query.marker.startswith(query.prefix)
    seen = marker if begun else None
    rest: Iterator[Row] = _older(connection, owner, marker, query.version_marker or "") if begun else iter(())

    def rows(low: bytes, inclusive: bool, high: bytes | None) -> Iterator[Row]:
        nonlocal rest
        ahead, rest = rest, iter(())
        where = "WHERE container = ?" + between(inclusive, high) + order
        values = bounds(owner, low, high)
        current = connection.execute(f"SELECT {COLUMNS}, 0, {_AGE} AS made FROM objects {where}", values)
        older = connection.execute(f"SELECT {VERSION_COLUMNS} FROM versions {where}", values)
        if query.reverse:
            merged = heapq.merge(current, older, key=lambda row: (row[0], row[11]), reverse=True)
        else:
            merged = heapq.merge(current, older, key=lambda row: (row[0], -row[11]))
        return itertools.chain(ahead, merged)

    def entry(row: Row) -> ObjectRecord:
        nonlocal seen
        latest, seen = row[0] != seen, row[0]
        return _as_latest(make(row), latest=latest)

    return walk(rows, query, entry)


def _older(connection: Connection, owner: int, name: bytes, version: str) -> Iterator[Row]:
    """The versions of a name that are older than one."""
    made = moment_of(version) if version else None
    if not version:
        for table in ("objects", "versions"):
            row = connection.execute(
                f"SELECT {_AGE} FROM {table} WHERE container = ? AND name = ? AND version = ''", (owner, name)
            ).fetchone()
            made = row[0] if row is not None else made
    chosen = f"SELECT {VERSION_COLUMNS} FROM versions WHERE container = ? AND name = ? AND made < ? ORDER BY made DESC"
    return iter(() if made is None else connection.execute(chosen, (owner, name, made)))
