"""Uploads of several parts in a shard's tables.  Everything here blocks and runs inside a transaction."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from pileus.object_store.storage.index.accounts import forget_upload, merged, metadata_of, owned, text_of
from pileus.object_store.storage.index.data import Body, discard, keep
from pileus.object_store.storage.index.listing import page
from pileus.object_store.storage.index.objects import Conditions, put_object
from pileus.object_store.storage.records import (
    Change,
    Draft,
    NoPart,
    NoUpload,
    ObjectRecord,
    PartRecord,
    Query,
    Subdir,
    UploadRecord,
)

Connection = sqlite3.Connection
_UPLOAD = "SELECT name, id, created, content_type, metadata, delete_at FROM uploads WHERE container = ?"


def begin(connection: Connection, place: tuple[str, str, str], id: str, draft: Draft, now: int) -> None:
    """Begin an upload."""
    owner_id = owned(connection, *place[:2])[0]
    row = (id, owner_id, place[2].encode(), now, draft.content_type, text_of(draft.metadata), draft.delete_at)
    connection.execute(
        "INSERT INTO uploads (id, container, name, created, content_type, metadata, delete_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def _record(row: tuple[Any, ...]) -> UploadRecord:
    return UploadRecord(row[1], row[0].decode(), row[2], Draft(row[3], metadata_of(row[4]), row[5]))


def upload(connection: Connection, account: str, container: str, id: str) -> UploadRecord:
    """An upload.

    Raises:
        NoUpload: see there.
    """
    owner_id = owned(connection, account, container)[0]
    row = connection.execute(_UPLOAD + " AND id = ?", (owner_id, id)).fetchone()
    if row is None:
        raise NoUpload
    return _record(row)


def uploads(connection: Connection, account: str, container: str, query: Query) -> list[UploadRecord | Subdir]:
    """A page of uploads."""
    owner_id = owned(connection, account, container)[0]
    found: list[UploadRecord | Subdir] = []
    if query.version_marker is not None and query.marker.startswith(query.prefix):
        rows = connection.execute(
            _UPLOAD + " AND name = ? AND id > ? ORDER BY id LIMIT ?",
            (owner_id, query.marker.encode(), query.version_marker, query.limit),
        )
        found += map(_record, rows)
    return (found + page(connection, _UPLOAD, owner_id, query, _record, then="id"))[: query.limit]


def put_part(
    connection: Connection, account: str, container: str, id: str, part: tuple[int, str], body: Body, now: int
) -> PartRecord:
    """Make bytes a part, which is a number and a note."""
    number, note = part
    upload(connection, account, container, id)
    where = (id, number)
    for (data,) in connection.execute("SELECT data FROM parts WHERE upload = ? AND number = ?", where).fetchall():
        discard(connection, data, now)
    connection.execute(
        "INSERT OR REPLACE INTO parts (upload, number, stamp, size, etag, data, sealed, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*where, now, body.size, body.etag, keep(connection, body), body.sealed, note),
    )
    return PartRecord(number, now, body.size, body.etag, note)


def parts(connection: Connection, place: tuple[str, str], id: str, after: int, limit: int) -> list[PartRecord]:
    """Parts, by number."""
    upload(connection, *place, id)
    rows = connection.execute(
        "SELECT number, stamp, size, etag, note FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
        (id, after, limit),
    )
    return [PartRecord(*row) for row in rows]


def finish(
    connection: Connection,
    place: tuple[str, str],
    id: str,
    chosen: Sequence[tuple[int, str]],
    etag: str,
    change: Change,
    now: int,
    conditions: Conditions,
) -> ObjectRecord:
    """Make parts an object."""
    found = upload(connection, *place, id)
    rows = connection.execute("SELECT number, etag, size, data, sealed FROM parts WHERE upload = ?", (id,))
    there = {row[0]: row[1:] for row in rows}
    size = 0
    moved: list[tuple[Any, ...]] = []
    for number, wanted in chosen:
        if number not in there or there[number][0] != wanted:
            raise NoPart(str(number))
        part = there.pop(number)
        size += part[1]
        moved.append((id, len(moved), part[1], part[0], part[2], part[3]))
    for part in there.values():
        discard(connection, part[2], now)
    connection.execute("DELETE FROM parts WHERE upload = ?", (id,))
    forget_upload(connection, id, now)
    connection.executemany("INSERT INTO pieces (id, number, size, etag, data, sealed) VALUES (?, ?, ?, ?, ?, ?)", moved)
    draft = Draft(found.draft.content_type, merged(found.draft.metadata, change), found.draft.delete_at)
    body = Body(size, etag, id=id, sealed=moved[0][5][:1] if moved else b"")
    return put_object(connection, (*place, found.name), draft, body, now, conditions)


def abandon(connection: Connection, account: str, container: str, id: str, now: int) -> None:
    """Forget an upload."""
    upload(connection, account, container, id)
    forget_upload(connection, id, now)
