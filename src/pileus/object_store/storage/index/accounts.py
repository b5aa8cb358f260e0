"""Accounts and containers in a shard's tables, and who has which bucket's name.

Everything here blocks and runs inside a transaction.
"""

import sqlite3
from typing import Any

import msgspec

from pileus.object_store.storage import locks
from pileus.object_store.storage.index.data import discard
from pileus.object_store.storage.index.listing import page
from pileus.object_store.storage.records import (
    TICKS,
    AccountRecord,
    Change,
    ContainerRecord,
    Locked,
    Metadata,
    NoContainer,
    NotEmpty,
    Query,
    Subdir,
    Usage,
)

Connection = sqlite3.Connection
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Metadata).decode

_ACCOUNT = "SELECT id, created, containers, objects, bytes, metadata FROM accounts WHERE name = ?"
_CONTAINER = (
    "SELECT name, created, changed, policy, objects, bytes, metadata, id, versioning FROM containers WHERE account = ?"
)
_OWNER = """
SELECT containers.id, versioning FROM containers JOIN accounts ON accounts.id = containers.account
WHERE accounts.name = ? AND containers.name = ?"""


def text_of(metadata: Metadata) -> str:
    """Metadata as a column has them."""
    return _encode(metadata).decode()


def metadata_of(text: str) -> Metadata:
    """Metadata of a column."""
    return _decode(text)


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
        metadata=metadata_of(row[5]),
    )


def change_account(connection: Connection, name: str, change: Change, now: int) -> tuple[int, bool]:
    """Change an account's metadata, making it if need be: its row's id, and whether it was made."""
    row = connection.execute(_ACCOUNT, (name.encode(),)).fetchone()
    if row is None:
        made = connection.execute(
            "INSERT INTO accounts (name, created, metadata) VALUES (?, ?, ?)",
            (name.encode(), now, text_of(merged({}, change))),
        )
        assert made.lastrowid is not None
        return made.lastrowid, True
    if change:
        text = text_of(merged(metadata_of(row[5]), change))
        connection.execute("UPDATE accounts SET metadata = ? WHERE id = ?", (text, row[0]))
    return row[0], False


def delete_account(connection: Connection, name: str, now: int) -> bool:
    """Forget an account and everything in it."""
    row = connection.execute(_ACCOUNT, (name.encode(),)).fetchone()
    if row is None:
        return False
    _check_locks(connection, row[0], now)
    for (container_id,) in connection.execute("SELECT id FROM containers WHERE account = ?", row[:1]).fetchall():
        for table in ("objects", "versions"):
            _empty(connection, table, "container", container_id, now)
        forget_uploads(connection, container_id, now)
    connection.execute("DELETE FROM containers WHERE account = ?", row[:1])
    connection.execute("DELETE FROM accounts WHERE id = ?", row[:1])
    return True


def _check_locks(connection: Connection, account_id: int, now: int) -> None:
    for table in ("objects", "versions"):
        kept = connection.execute(
            f"SELECT 1 FROM {table} JOIN containers ON containers.id = {table}.container"  # noqa: S608 - our own names
            f" WHERE containers.account = ? AND NOT ({locks.FREE.format(table)}) LIMIT 1",
            (account_id, now // TICKS),
        )
        if kept.fetchone():
            raise Locked


def _empty(connection: Connection, table: str, column: str, owner: int | str, now: int) -> None:
    chosen = f"FROM {table} WHERE {column} = ?"
    for (data,) in connection.execute(f"SELECT data {chosen}", (owner,)).fetchall():
        discard(connection, data, now)
    connection.execute(f"DELETE {chosen}", (owner,))


def forget_uploads(connection: Connection, container_id: int, now: int) -> None:
    """Forget the uploads of parts into a container."""
    for row in connection.execute("SELECT id FROM uploads WHERE container = ?", (container_id,)).fetchall():
        forget_upload(connection, row[0], now)


def forget_upload(connection: Connection, id: str, now: int) -> None:
    """Forget an upload with its parts."""
    _empty(connection, "parts", "upload", id, now)
    connection.execute("DELETE FROM uploads WHERE id = ?", (id,))


# ---- containers


def _container(row: tuple[Any, ...]) -> ContainerRecord:
    return ContainerRecord(row[0].decode(), row[1], row[2], row[3], Usage(row[4], row[5]), metadata_of(row[6]), row[8])


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


def put_container(
    connection: Connection,
    account: str,
    name: str,
    policy: str,
    change: Change,
    now: int,
    *,
    versioning: str | None,
) -> bool:
    """Make or change a container; whether it was made."""
    account_id, _made = change_account(connection, account, {}, now)
    row = container_row(connection, account, name)
    if row is not None:
        _change(connection, row, change, now, versioning)
        return False
    connection.execute(
        "INSERT INTO containers (account, name, created, changed, policy, metadata, versioning)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account_id, name.encode(), now, now, policy, text_of(merged({}, change)), versioning or ""),
    )
    return True


def change_container(
    connection: Connection, account: str, name: str, change: Change, now: int, *, versioning: str | None
) -> None:
    """Change a container's metadata."""
    row = container_row(connection, account, name)
    if row is None:
        raise NoContainer
    _change(connection, row, change, now, versioning)


def _change(connection: Connection, row: tuple[Any, ...], change: Change, now: int, versioning: str | None) -> None:
    connection.execute(
        "UPDATE containers SET metadata = ?, changed = ?, versioning = ? WHERE id = ?",
        (text_of(merged(metadata_of(row[6]), change)), now, row[8] if versioning is None else versioning, row[7]),
    )


def delete_container(connection: Connection, account: str, name: str, now: int) -> None:
    """Forget an empty container."""
    row = container_row(connection, account, name)
    if row is None:
        raise NoContainer
    if row[4] or connection.execute("SELECT 1 FROM versions WHERE container = ? LIMIT 1", row[7:8]).fetchone():
        raise NotEmpty
    forget_uploads(connection, row[7], now)
    connection.execute("DELETE FROM containers WHERE id = ?", row[7:8])


def owner(connection: Connection, account: str, name: str) -> tuple[int, str] | None:
    """The id of a container's row, and its versioning."""
    found: tuple[int, str] | None = connection.execute(_OWNER, (account.encode(), name.encode())).fetchone()
    return found


def owned(connection: Connection, account: str, name: str) -> tuple[int, str]:
    """The same of one that must be there.

    Raises:
        NoContainer: see there.
    """
    found = owner(connection, account, name)
    if found is None:
        raise NoContainer
    return found


# ---- names that exist once


def claim(connection: Connection, bucket: str, account: str) -> str:
    """Give a name to an account if nobody has it; who has it."""
    connection.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (bucket.encode(), account.encode()))
    return claimed(connection, bucket) or account


def claimed(connection: Connection, bucket: str) -> str | None:
    """Who has a name."""
    row = connection.execute("SELECT account FROM claims WHERE bucket = ?", (bucket.encode(),)).fetchone()
    return None if row is None else row[0].decode()


def release(connection: Connection, account: str, bucket: str | None = None) -> None:
    """Give up a name that an account has, or all of them."""
    if bucket is None:
        connection.execute("DELETE FROM claims WHERE account = ?", (account.encode(),))
    else:
        values = (bucket.encode(), account.encode())
        connection.execute("DELETE FROM claims WHERE bucket = ? AND account = ?", values)
