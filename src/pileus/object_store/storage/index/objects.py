"""Objects in a shard's tables: made, changed, deleted, with the versions that their container keeps.

Everything here blocks and runs inside a transaction.
"""

# ruff: noqa: S608 - the only names put into statements are those of our own tables and columns

import sqlite3
from typing import Any

import msgspec

from pileus.object_store.storage import locks
from pileus.object_store.storage.index import versions
from pileus.object_store.storage.index.accounts import merged, owned, owner, text_of
from pileus.object_store.storage.index.data import Body, discard, keep, small
from pileus.object_store.storage.index.listing import page
from pileus.object_store.storage.index.versions import COLUMNS, VERSION_COLUMNS, maker
from pileus.object_store.storage.records import (
    TICKS,
    AlreadyThere,
    Change,
    Deletion,
    Draft,
    Newer,
    ObjectRecord,
    OtherObject,
    Query,
    Subdir,
)

Connection = sqlite3.Connection
_SELECT = f"SELECT {COLUMNS} FROM objects WHERE container = ?"
_INSERT = f"""
INSERT INTO objects (container, {COLUMNS}, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (container, name) DO UPDATE SET stamp = excluded.stamp, size = excluded.size, etag = excluded.etag,
content_type = excluded.content_type, metadata = excluded.metadata, delete_at = excluded.delete_at,
data = excluded.data, version = excluded.version, sealed = excluded.sealed, made = excluded.made"""


class Conditions(msgspec.Struct, frozen=True):
    """What must be true of the object there; see the protocol."""

    absent: bool = False
    if_etag: str | None = None

    def check(self, there: ObjectRecord | None, now: int) -> None:
        """Raise unless they hold.

        Raises:
            AlreadyThere, OtherObject: see there.
        """
        if there is not None and 0 < there.delete_at <= now // TICKS:
            there = None
        if self.absent and there is not None:
            raise AlreadyThere
        if self.if_etag is not None and (there is None or there.etag != self.if_etag):
            raise OtherObject(missing=there is None)


def objects(connection: Connection, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
    """A page of objects."""
    owner_id = owned(connection, account, container)[0]
    make = maker(account, container)
    if query.versions:
        return versions.listed(connection, owner_id, query, make)
    return page(connection, _SELECT, owner_id, query, make)


def object_(
    connection: Connection,
    account: str,
    container: str,
    name: str,
    version: str | None = None,
    *,
    content: bool = False,
) -> ObjectRecord | None:
    """An object or a version of it; with its small bytes as they lie, in `hidden` where they are sealed."""
    found = owner(connection, account, container)
    if found is None:
        return None
    record = _at(connection, found[0], (account, container, name), version)
    if record is None or not content or record.data[:1] not in {"", "s"} or record.marker:
        return record
    data = small(connection, record.data)
    return msgspec.structs.replace(record, **{"hidden" if record.sealed else "content": data})


def _at(
    connection: Connection, owner_id: int, place: tuple[str, str, str], version: str | None = None
) -> ObjectRecord | None:
    row = connection.execute(_SELECT + " AND name = ?", (owner_id, place[2].encode())).fetchone()
    record = None if row is None else maker(*place[:2])(row)
    if version is None or (record is not None and record.version == version):
        return record
    return versions.find(connection, owner_id, place, version, latest=record is None)


def put_object(
    connection: Connection, place: tuple[str, str, str], draft: Draft, body: Body, now: int, conditions: Conditions
) -> ObjectRecord:
    """Make bytes an object."""
    owner_id, versioning = owned(connection, *place[:2])
    old = _at(connection, owner_id, place)
    conditions.check(old, now)
    if old is not None and 0 < draft.stamp <= old.stamp:
        raise Newer
    stamp = _make_room(connection, owner_id, versioning, place, old, draft.stamp or now)
    version = versions.name_of(stamp) if versioning == "enabled" else ""
    data, sealed = keep(connection, body), body.sealed
    kept = (text_of(draft.metadata), draft.delete_at, data, version, sealed, stamp)
    connection.execute(_INSERT, (owner_id, place[2].encode(), stamp, body.size, body.etag, draft.content_type, *kept))
    return ObjectRecord(
        name=place[2],
        stamp=stamp,
        size=body.size,
        etag=body.etag,
        content_type=draft.content_type,
        metadata=draft.metadata,
        delete_at=draft.delete_at,
        data=data,
        account=place[0],
        container=place[1],
        version=version,
        sealed=sealed,
    )


def _make_room(
    connection: Connection,
    owner_id: int,
    versioning: str,
    place: tuple[str, str, str],
    old: ObjectRecord | None,
    now: int,
) -> int:
    """Let the object that is there become an older version, or go; the moment of what comes in its place.

    A clock that goes backwards must not make an old object newer.
    """
    stamp = now if old is None else max(now, old.stamp + 1)
    if not versioning:
        if old is not None:
            locks.check(old.metadata, now // TICKS)
            discard(connection, old.data, now)
        return stamp
    stamp = max(stamp, versions.newest(connection, owner_id, place[2]) + 1)
    if old is not None and (versioning == "enabled" or old.version):
        versions.shift(connection, owner_id, place[2])
    elif old is not None:
        locks.check(old.metadata, now // TICKS)
        discard(connection, old.data, now)
    if versioning != "enabled":
        versions.forget_null(connection, owner_id, place[2], now)
    return stamp


def delete_object(
    connection: Connection,
    place: tuple[str, str, str],
    version: str | None,
    stamp: int,
    conditions: Conditions,
    now: int,
    *,
    bypass: bool = False,
) -> Deletion:
    """Forget an object or a version of it, or hide it behind a marker."""
    found = owner(connection, *place[:2])
    if found is None:
        return Deletion()
    owner_id, versioning = found
    old = _at(connection, owner_id, place, version)
    conditions.check(old, now)
    if stamp and (old is None or old.stamp != stamp):
        return Deletion()
    if version is not None:
        if old is not None:
            locks.check(old.metadata, now // TICKS, bypass=bypass)
            versions.forget(connection, owner_id, place[2], version, old, now)
        return Deletion(gone=old)
    if not versioning:
        if old is not None:
            locks.check(old.metadata, now // TICKS, bypass=bypass)
            discard(connection, old.data, now)
            connection.execute("DELETE FROM objects WHERE container = ? AND name = ?", (owner_id, place[2].encode()))
        return Deletion(gone=old)
    made = _make_room(connection, owner_id, versioning, place, old, now)
    connection.execute("DELETE FROM objects WHERE container = ? AND name = ?", (owner_id, place[2].encode()))
    marker = versions.mark(connection, owner_id, place, made, named=versioning == "enabled")
    return Deletion(gone=old, marker=marker)


def change_object(
    connection: Connection, place: tuple[str, str, str], version: str | None, change: Draft | Change, now: int
) -> ObjectRecord | None:
    """Replace what an object is besides its bytes, or change single metadata and leave its moment."""
    found = owner(connection, *place[:2])
    old = None if found is None else _at(connection, found[0], place, version)
    if found is None or old is None or old.marker:
        return None
    new: dict[str, Any]
    if isinstance(change, Draft):
        new = {"stamp": max(now, old.stamp + 1), "content_type": change.content_type}
        new |= {"metadata": change.metadata, "delete_at": change.delete_at}
    else:
        new = {"metadata": merged(old.metadata, change)}
    record = msgspec.structs.replace(old, **new)
    values = (record.stamp, record.content_type, text_of(record.metadata), record.delete_at)
    where = (found[0], place[2].encode(), old.version)
    for table in ("objects", "versions"):
        connection.execute(
            f"UPDATE {table} SET stamp = ?, content_type = ?, metadata = ?, delete_at = ?"
            " WHERE container = ? AND name = ? AND version = ?",
            (*values, *where),
        )
    return record


def expired(connection: Connection, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
    """Objects and versions whose time has come and that no lock keeps."""
    found: list[tuple[str, str, ObjectRecord]] = []
    for table, columns in (("objects", COLUMNS), ("versions", VERSION_COLUMNS)):
        chosen = ", ".join(f"{table}.{column}" for column in columns.split(", "))
        rows = connection.execute(
            f"SELECT {chosen}, accounts.name, containers.name FROM {table}"
            f" JOIN containers ON containers.id = {table}.container JOIN accounts ON accounts.id = containers.account"
            f" WHERE {table}.delete_at > 0 AND {table}.delete_at <= ? AND {locks.FREE.format(table)}"
            f" ORDER BY {table}.delete_at LIMIT ?",
            (second, second, limit - len(found)),
        )
        for row in rows:
            account, container = row[-2].decode(), row[-1].decode()
            record = maker(account, container)(row[:-2])
            found.append((account, container, msgspec.structs.replace(record, latest=table == "objects")))
    return found
