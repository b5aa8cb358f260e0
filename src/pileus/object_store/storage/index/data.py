"""Where bytes are: rows of small ones, names of files, pieces of several; and what is to be removed.

Everything here blocks and runs inside a transaction.
"""

# ruff: noqa: S608 - the only names put into statements are those of our own tables

import sqlite3
from collections.abc import Sequence

import msgspec

Connection = sqlite3.Connection


class Piece(msgspec.Struct, frozen=True):
    """Some of an object's bytes that lie together."""

    size: int
    etag: str
    data: str
    sealed: bytes


class Body(msgspec.Struct, frozen=True):
    """Bytes that are about to become an object's.

    Attributes:
        content: themselves as they are to lie, if they are few.
        file: the name of their file otherwise.
        sealed: their key; empty if they lie open.  Pieces have one each, and this tells only whose opens them.
        id: names their pieces, if they are in several; those not here are in the index already.
        pieces: bodies one after another.
    """

    size: int
    etag: str
    content: bytes = b""
    file: str = ""
    sealed: bytes = b""
    id: str = ""
    pieces: "Sequence[Body]" = ()


def keep(connection: Connection, body: Body) -> str:
    """Write what is not a file; where it is."""
    if body.id:
        for number, piece in enumerate(body.pieces):
            add_piece(connection, body.id, number, Piece(piece.size, piece.etag, keep(connection, piece), piece.sealed))
        return f"p{body.id}"
    if body.file:
        return f"f{body.file}"
    if not body.content:
        return ""
    return f"s{connection.execute('INSERT INTO small (content) VALUES (?)', (body.content,)).lastrowid}"


def add_piece(connection: Connection, id: str, number: int, piece: Piece) -> None:
    """Write a piece."""
    row = (id, number, piece.size, piece.etag, piece.data, piece.sealed)
    connection.execute("INSERT INTO pieces (id, number, size, etag, data, sealed) VALUES (?, ?, ?, ?, ?, ?)", row)


def pieces(connection: Connection, data: str) -> list[Piece]:
    """The pieces of an object."""
    rows = connection.execute("SELECT size, etag, data, sealed FROM pieces WHERE id = ? ORDER BY number", (data[1:],))
    return [Piece(*row) for row in rows]


def small(connection: Connection, data: str) -> bytes | None:
    """The bytes of a small object as they lie; None if they are gone."""
    if not data:
        return b""
    row = connection.execute("SELECT content FROM small WHERE id = ?", (int(data[1:]),)).fetchone()
    return None if row is None else row[0]


def discard(connection: Connection, data: str, now: int) -> None:
    """Forget bytes: small ones at once, others when nobody can be about to read them."""
    if data.startswith("s"):
        connection.execute("DELETE FROM small WHERE id = ?", (int(data[1:]),))
    elif data:
        # a file's name stands for itself, that of pieces begins with p
        connection.execute("INSERT OR IGNORE INTO garbage VALUES (?, ?)", (data.removeprefix("f"), now))


def garbage(connection: Connection, before: int, limit: int) -> list[str]:
    """What was given up before a moment."""
    rows = connection.execute("SELECT file FROM garbage WHERE since < ? LIMIT ?", (before, limit))
    return [row[0] for row in rows]


def swept(connection: Connection, gone: list[str]) -> None:
    """Forget what is gone; the files of pieces are given up in their turn, at once."""
    for name in gone:
        if name.startswith("p"):
            for piece in pieces(connection, name):
                discard(connection, piece.data, 0)
            connection.execute("DELETE FROM pieces WHERE id = ?", (name[1:],))
    connection.executemany("DELETE FROM garbage WHERE file = ?", [(name,) for name in gone])
    connection.executemany("DELETE FROM damaged WHERE data = ?", [(f"f{name}",) for name in gone])


_KNOWN = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE data = :data AND data LIKE 'f%'"
    for table in ("objects", "versions", "pieces", "parts")
)


def known(connection: Connection, file: str) -> bool:
    """Whether a file belongs to anything, or is waiting to be swept."""
    found = connection.execute(
        _KNOWN + " UNION ALL SELECT 1 FROM garbage WHERE file = :file", {"data": "f" + file, "file": file}
    )
    return found.fetchone() is not None
