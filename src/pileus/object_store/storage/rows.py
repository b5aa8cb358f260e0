"""What is written to and read from a shard's tables.  Everything here blocks and runs inside a transaction."""

import sqlite3
from typing import Any

import msgspec

from pileus.object_store.storage.listing import page
from pileus.object_store.storage.protocol import (
    AccountRecord,
    AlreadyThere,
    Change,
    ContainerRecord,
    Draft,
    Metadata,
    NoContainer,
    NotEmpty,
    ObjectRecord,
    Query,
    Subdir,
    Usage,
)

Connection = sqlite3.Connection
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Metadata).decode

_ACCOUNT = "SELECT id, created, containers, objects, bytes, metadata FROM accounts WHERE name = ?"
_CONTAINER = "SELECT name, created, changed, policy, objects, bytes, metadata, id FROM containers WHERE account = ?"
_OBJECT = "SELECT name, stamp, size, etag, content_type, metadata, delete_at, data FROM objects WHERE container = ?"
_CONTAINER_ID = """
SELECT containers.id FROM containers JOIN accounts ON accounts.id = containers.account
WHERE accounts.name = ? AND containers.name = ?"""


def _text(metadata: Metadata) -> str:
    return _encode(metadata).decode()


def merged(old: Metadata, change: Change) -> Metadata:
    """Metadata after a change."""
    new = {**old, **change}
    return {name: value for name, value in new.items() if value is not None}


# ---- accounts


def account(connection: Connection, name: str) -> AccountRecord | None:
    """An account."""
    row = connection.execute(_ACCOUNT, (name.encode(),)).fetchone()
    if row is None:
        return None
    policies = connection.execute(
        "SELECT policy, count(*), sum(objects), sum(bytes) FROM containers WHERE account = ? GROUP BY policy", row[:1]
    )
    return AccountRecord(
        name=name,
        created=row[1],
        containers=row[2],
        usage=Usage(row[3], row[4]),
        policies={policy: (count, Usage(objects, size)) for policy, count, objects, size in policies},
        metadata=_decode(row[5]),
    )


def change_account(connection: Connection, name: str, change: Change, now: int) -> tuple[int, bool]:
    """Change an account's metadata, making it if need be: its row's id, and whether it was made."""
    row = connection.execute(_ACCOUNT, (name.encode(),)).fetchone()
    if row is None:
        made = connection.execute(
            "INSERT INTO accounts (name, created, metadata) VALUES (?, ?, ?)",
            (name.encode(), now, _text(merged({}, change))),
        )
        assert made.lastrowid is not None
        return made.lastrowid, True
    if change:
        text = _text(merged(_decode(row[5]), change))
        connection.execute("UPDATE accounts SET metadata = ? WHERE id = ?", (text, row[0]))
    return row[0], False


def delete_account(connection: Connection, name: str, now: int) -> bool:
    """Forget an account and everything in it."""
    row = connection.execute(_ACCOUNT, (name.encode(),)).fetchone()
    if row is None:
        return False
    for (container_id,) in connection.execute("SELECT id FROM containers WHERE account = ?", row[:1]).fetchall():
        for (data,) in connection.execute("SELECT data FROM objects WHERE container = ?", (container_id,)).fetchall():
            discard(connection, data, now)
        connection.execute("DELETE FROM objects WHERE container = ?", (container_id,))
    connection.execute("DELETE FROM containers WHERE account = ?", row[:1])
    connection.execute("DELETE FROM accounts WHERE id = ?", row[:1])
    return True


# ---- containers


def _container(row: tuple[Any, ...]) -> ContainerRecord:
    return ContainerRecord(row[0].decode(), row[1], row[2], row[3], Usage(row[4], row[5]), _decode(row[6]))


def container_row(connection: Connection, account: str, name: str) -> tuple[Any, ...] | None:
    """A container's row, with its id at the end."""
    found: tuple[Any, ...] | None = connection.execute(
        _CONTAINER.replace("account = ?", "account = (SELECT id FROM accounts WHERE name = ?) AND name = ?"),
        (account.encode(), name.encode()),
    ).fetchone()
    return found


def container(connection: Connection, account: str, name: str) -> ContainerRecord | None:
    """A container."""
    row = container_row(connection, account, name)
    return None if row is None else _container(row)


def containers(connection: Connection, account: str, query: Query) -> list[ContainerRecord | Subdir]:
    """A page of containers."""
    row = connection.execute(_ACCOUNT, (account.encode(),)).fetchone()
    return [] if row is None else page(connection, _CONTAINER, row[0], query, _container)


def put_container(connection: Connection, account: str, name: str, policy: str, change: Change, now: int) -> bool:
    """Make or change a container; whether it was made."""
    account_id, _made = change_account(connection, account, {}, now)
    row = container_row(connection, account, name)
    if row is not None:
        _change(connection, row, change, now)
        return False
    connection.execute(
        "INSERT INTO containers (account, name, created, changed, policy, metadata) VALUES (?, ?, ?, ?, ?, ?)",
        (account_id, name.encode(), now, now, policy, _text(merged({}, change))),
    )
    return True


def change_container(connection: Connection, account: str, name: str, change: Change, now: int) -> None:
    """Change a container's metadata."""
    row = container_row(connection, account, name)
    if row is None:
        raise NoContainer
    _change(connection, row, change, now)


def _change(connection: Connection, row: tuple[Any, ...], change: Change, now: int) -> None:
    text = _text(merged(_decode(row[6]), change))
    connection.execute("UPDATE containers SET metadata = ?, changed = ? WHERE id = ?", (text, now, row[7]))


def delete_container(connection: Connection, account: str, name: str) -> None:
    """Forget an empty container."""
    row = container_row(connection, account, name)
    if row is None:
        raise NoContainer
    if row[4]:
        raise NotEmpty
    connection.execute("DELETE FROM containers WHERE id = ?", row[7:])


# ---- objects


def _object(row: tuple[Any, ...]) -> ObjectRecord:
    return ObjectRecord(row[0].decode(), row[1], row[2], row[3], row[4], _decode(row[5]), row[6], row[7])


def container_id(connection: Connection, account: str, name: str) -> int | None:
    """A container's row's id."""
    row = connection.execute(_CONTAINER_ID, (account.encode(), name.encode())).fetchone()
    return None if row is None else row[0]


def objects(connection: Connection, account: str, container: str, query: Query) -> list[ObjectRecord | Subdir]:
    """A page of objects."""
    owner = container_id(connection, account, container)
    if owner is None:
        raise NoContainer
    return page(connection, _OBJECT, owner, query, _object)


def object_(
    connection: Connection, account: str, container: str, name: str, *, content: bool = False
) -> ObjectRecord | None:
    """An object."""
    owner = container_id(connection, account, container)
    row = owner and connection.execute(_OBJECT + " AND name = ?", (owner, name.encode())).fetchone()
    if not row:
        return None
    record = _object(row)
    if content and record.data.startswith("s"):
        record = msgspec.structs.replace(record, content=small(connection, record.data))
    elif content and not record.data:
        record = msgspec.structs.replace(record, content=b"")
    return record


def small(connection: Connection, data: str) -> bytes | None:
    """The bytes of a small object."""
    row = connection.execute("SELECT content FROM small WHERE id = ?", (int(data[1:]),)).fetchone()
    return None if row is None else row[0]


def put_object(
    connection: Connection,
    place: tuple[str, str, str],
    draft: Draft,
    body: tuple[int, str, bytes | None, str],
    now: int,
    *,
    absent: bool,
) -> ObjectRecord:
    """Make bytes an object.

    Args:
        place: account, container, object.
        body: size, MD5, the bytes if they are few, else the name of their file.
    """
    owner = container_id(connection, *place[:2])
    if owner is None:
        raise NoContainer
    size, etag, content, file = body
    name = place[2].encode()
    old = connection.execute(
        "SELECT stamp, data, delete_at FROM objects WHERE container = ? AND name = ?", (owner, name)
    ).fetchone()
    stamp = now
    if old is not None:
        if absent and not 0 < old[2] <= now // 100_000:
            raise AlreadyThere
        stamp = max(now, old[0] + 1)  # a clock that goes backwards must not make an old object newer
        discard(connection, old[1], now)
    data = f"f{file}" if file else ""
    if content:
        stored = connection.execute("INSERT INTO small (content) VALUES (?)", (content,)).lastrowid
        data = f"s{stored}"
    connection.execute(
        "INSERT INTO objects (container, name, stamp, size, etag, content_type, metadata, delete_at, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (container, name) DO UPDATE SET stamp = excluded.stamp,"
        " size = excluded.size, etag = excluded.etag, content_type = excluded.content_type,"
        " metadata = excluded.metadata, delete_at = excluded.delete_at, data = excluded.data",
        (owner, name, stamp, size, etag, draft.content_type, _text(draft.metadata), draft.delete_at, data),
    )
    return ObjectRecord(place[2], stamp, size, etag, draft.content_type, draft.metadata, draft.delete_at, data)


def discard(connection: Connection, data: str, now: int) -> None:
    """Forget bytes: small ones at once, a file when nobody can be about to open it."""
    if data.startswith("s"):
        connection.execute("DELETE FROM small WHERE id = ?", (int(data[1:]),))
    elif data:
        connection.execute("INSERT OR IGNORE INTO garbage VALUES (?, ?)", (data[1:], now))


def change_object(
    connection: Connection, account: str, container: str, name: str, draft: Draft, now: int
) -> ObjectRecord | None:
    """Replace what an object is besides its bytes."""
    owner = container_id(connection, account, container)
    old = object_(connection, account, container, name)
    if old is None:
        return None
    stamp = max(now, old.stamp + 1)
    connection.execute(
        "UPDATE objects SET stamp = ?, content_type = ?, metadata = ?, delete_at = ? WHERE container = ? AND name = ?",
        (stamp, draft.content_type, _text(draft.metadata), draft.delete_at, owner, name.encode()),
    )
    return msgspec.structs.replace(
        old, stamp=stamp, content_type=draft.content_type, metadata=draft.metadata, delete_at=draft.delete_at
    )


def delete_object(
    connection: Connection, account: str, container: str, name: str, stamp: int, now: int
) -> ObjectRecord | None:
    """Forget an object."""
    owner = container_id(connection, account, container)
    old = object_(connection, account, container, name)
    if old is None or (stamp and old.stamp != stamp):
        return None
    discard(connection, old.data, now)
    connection.execute("DELETE FROM objects WHERE container = ? AND name = ?", (owner, name.encode()))
    return old


def expired(connection: Connection, second: int, limit: int) -> list[tuple[str, str, ObjectRecord]]:
    """Objects whose time has come."""
    rows = connection.execute(
        "SELECT accounts.name, containers.name, objects.name, stamp, size, etag, content_type, objects.metadata,"
        " delete_at, data FROM objects JOIN containers ON containers.id = objects.container"
        " JOIN accounts ON accounts.id = containers.account"
        " WHERE delete_at > 0 AND delete_at <= ? ORDER BY delete_at LIMIT ?",
        (second, limit),
    )
    return [(row[0].decode(), row[1].decode(), _object(row[2:])) for row in rows]


# ---- files


def garbage(connection: Connection, before: int, limit: int) -> list[str]:
    """Files that were given up before a moment."""
    rows = connection.execute("SELECT file FROM garbage WHERE since < ? LIMIT ?", (before, limit))
    return [row[0] for row in rows]


def swept(connection: Connection, files: list[str]) -> None:
    """Forget files that are gone."""
    connection.executemany("DELETE FROM garbage WHERE file = ?", [(file,) for file in files])


def known(connection: Connection, file: str) -> bool:
    """Whether a file belongs to an object, or is waiting to be swept."""
    found = connection.execute(
        "SELECT 1 FROM objects WHERE data = ? AND data LIKE 'f%' UNION ALL SELECT 1 FROM garbage WHERE file = ?",
        ("f" + file, file),
    ).fetchone()
    return found is not None
