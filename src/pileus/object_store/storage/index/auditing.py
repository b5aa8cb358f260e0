"""Which bytes are to be looked at, and which were found damaged.

Everything here blocks and runs inside a transaction.
"""

# ruff: noqa: S608 - the only names put into statements are those of our own tables and columns

import sqlite3

from pileus.object_store.storage.index.data import Piece

Connection = sqlite3.Connection
TABLES = ("objects", "versions", "pieces", "parts")
"""What names files."""


def files(connection: Connection, table: str, after: str, limit: int) -> list[Piece]:
    """Files of a table behind one, by their names."""
    rows = connection.execute(
        f"SELECT size, etag, data, sealed FROM {table} WHERE data LIKE 'f%' AND data > ? ORDER BY data LIMIT ?",
        (after or "f", limit),
    )
    return [Piece(*row) for row in rows]


_NAMED = """
SELECT accounts.name, containers.name, found.name FROM (
    SELECT container, name FROM objects WHERE data = :data AND data LIKE :kind
    UNION ALL SELECT container, name FROM versions WHERE data = :data AND data LIKE :kind) AS found
JOIN containers ON containers.id = found.container JOIN accounts ON accounts.id = containers.account"""


def named(connection: Connection, data: str) -> str:
    """Which object has these bytes; empty if none has them any more."""
    piece = connection.execute("SELECT id FROM pieces WHERE data = ? AND data LIKE 'f%'", (data,)).fetchone()
    wanted = data if piece is None else f"p{piece[0]}"
    row = connection.execute(_NAMED, {"data": wanted, "kind": wanted[0] + "%"}).fetchone()
    if row is not None:
        return "/".join(part.decode() for part in row)
    part = connection.execute("SELECT upload, number FROM parts WHERE data = ? AND data LIKE 'f%'", (data,)).fetchone()
    return "" if part is None else f"part {part[1]} of upload {part[0]}"


def mark(connection: Connection, data: str, now: int) -> str:
    """Note that bytes are damaged, if anything still has them: what that is."""
    what = named(connection, data)
    if what:
        connection.execute("INSERT OR REPLACE INTO damaged VALUES (?, ?, ?)", (data, what, now))
    return what


def damaged(connection: Connection) -> list[str]:
    """What has damaged bytes."""
    return [row[0] for row in connection.execute("SELECT what FROM damaged ORDER BY what")]


def is_damaged(connection: Connection, data: str) -> bool:
    """Whether bytes were found damaged, themselves or one of their pieces."""
    if data.startswith("f"):
        return connection.execute("SELECT 1 FROM damaged WHERE data = ?", (data,)).fetchone() is not None
    found = connection.execute(
        "SELECT 1 FROM damaged CROSS JOIN pieces ON pieces.id = ? AND pieces.data = damaged.data", (data[1:],)
    )
    return found.fetchone() is not None
