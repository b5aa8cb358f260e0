"""Writes into one open transaction what the database lacks, and deletes what it has too much.

Everything here runs on the thread of the northbound connection, with a transaction open.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from pileus.network.backend.ovn.rows import (
    ATTACHED_BY,
    GROUPS,
    KEY,
    PARENT,
    REVISION,
    WANTED,
    Link,
    WantedRow,
    owner_of,
)
from pileus.network.backend.wanted import Wanted

OURS = "pileus:"


class RowIndex:
    """Finds rows of ours by key.  Fed by the connection's notifications, checked against its replica."""

    def __init__(self) -> None:
        self._tables: Any = None
        self._where: dict[str, tuple[str, uuid.UUID]] = {}
        self._keys: dict[str, set[str]] = defaultdict(set)
        self._fresh: dict[str, Any] = {}

    def attach(self, tables: Any) -> None:
        """Say where the replica is."""
        self._tables = tables

    def note(self, row: Any, *, gone: bool) -> str | None:
        """Take in a change that the database told of; returns the row's key if it is one of ours."""
        key: str | None = getattr(row, "external_ids", {}).get(KEY)
        if key is None:
            return None
        place = (row._table.name, row.uuid)
        if not gone:
            self._where[key] = place
            self._keys[owner_of(key)].add(key)
        elif self._where.get(key) == place:
            del self._where[key]
            self._keys[owner_of(key)].discard(key)
            if not self._keys[owner_of(key)]:
                del self._keys[owner_of(key)]
        return key

    def begin(self) -> None:
        """Forget rows of a transaction that has ended."""
        self._fresh.clear()

    def add(self, key: str, row: Any) -> None:
        """Remember a row that the open transaction inserts."""
        self._fresh[key] = row

    def find(self, key: str) -> Any | None:
        """The row of this key, None if there is none."""
        place = self._where.get(key)
        row = None if place is None else self._tables[place[0]].rows.get(place[1])
        if row is None and (fresh := self._fresh.get(key)) is not None:
            # A row that is only being inserted stands in the replica until its transaction has ended.
            row = self._tables[fresh._table.name].rows.get(fresh.uuid)
        return row

    def owned(self, owner: str) -> dict[str, Any]:
        """The rows of an object, by key."""
        found = {key: self.find(key) for key in self._keys.get(owner, ())}
        return {key: row for key, row in found.items() if row is not None}


def differing(row: Any, columns: dict[str, Any], index: RowIndex) -> dict[str, Any]:
    """The columns that are not as wanted, with links resolved to rows."""
    wrong = {}
    for name, wanted in columns.items():
        if isinstance(wanted, list):
            value = [_resolve(each, index) for each in wanted]
            value = [each for each in value if each is not None]
        else:
            value = wanted
        if _read(row, name) != _plain(value):
            wrong[name] = value
    return wrong


def _resolve(value: Any, index: RowIndex) -> Any:
    return index.find(value.key) if isinstance(value, Link) else value


def _read(row: Any, column: str) -> Any:
    try:
        return _plain(getattr(row, column))
    except AttributeError:  # not set yet, in a row that this transaction inserts
        return None


def _plain(value: Any) -> Any:
    """A form in which values can be compared: sets without order, rows by identity."""
    if isinstance(value, list):
        return frozenset(getattr(each, "uuid", each) for each in value)
    return value


class Differ:
    """One transaction's worth of writing."""

    def __init__(self, txn: Any, tables: Any, index: RowIndex) -> None:
        self._txn = txn
        self._tables = tables
        self._index = index

    def sync(self, owner: str, rows: Iterable[WantedRow], wanted: Wanted | None) -> None:
        """Make the rows of an object be exactly these; ``wanted`` is stored with its chief row."""
        rows = list(rows)
        keep = {row.key for row in rows}
        present = self._index.owned(owner)
        for key, row in present.items():
            if key not in keep:
                self.delete(row)
        for row in rows:
            self._sync_row(present.get(row.key), row, wanted if row.key == owner else None)

    def _sync_row(self, row: Any | None, wanted: WantedRow, about: Wanted | None) -> None:
        if row is not None and row._table.name != wanted.table:
            self.delete(row)
            row = None
        is_new = row is None
        if row is None:
            row = self._txn.insert(self._tables[wanted.table])
            self._index.add(wanted.key, row)
        before = {} if is_new else dict(row.external_ids)
        for column, value in differing(row, wanted.columns, self._index).items():
            setattr(row, column, value)
        marks = {KEY: wanted.key}
        if wanted.parent is not None:
            marks[PARENT] = wanted.parent
            self._attach(row, wanted, None if is_new else before.get(PARENT))
        if about is not None:
            marks[REVISION] = str(about.revision)
            marks[WANTED] = msgspec.json.encode(about).decode()
        groups = self._join(row, wanted, before.get(GROUPS, ""))
        if groups:
            marks[GROUPS] = groups
        foreign = {key: value for key, value in before.items() if not key.startswith(OURS)}
        if before != foreign | marks:
            row.external_ids = foreign | marks

    def _attach(self, row: Any, wanted: WantedRow, before: str | None) -> None:
        if before == wanted.parent and wanted.table != "DNS":
            return  # rows of the other tables would be gone if their parent had let go of them
        column = ATTACHED_BY[wanted.table]
        if before not in (None, wanted.parent) and (old := self._index.find(before or "")) is not None:
            old.delvalue(column, row)
        parent = self._index.find(wanted.parent or "")
        assert parent is not None, f"{wanted.key} comes before {wanted.parent}"
        parent.addvalue(column, row)

    def _join(self, row: Any, wanted: WantedRow, before: str) -> str:
        """Put a port into its groups, whether or not it seems to be in; returns those that exist."""
        groups = {key: self._index.find(key) for key in wanted.groups}
        for key in set(before.split()) - set(groups):
            if (old := self._index.find(key)) is not None:
                old.delvalue("ports", row)
        there = {key: group for key, group in groups.items() if group is not None}
        for group in there.values():
            group.addvalue("ports", row)
        return " ".join(sorted(there))

    def delete(self, row: Any) -> None:
        """Delete a row and let go of it where it hangs."""
        parent = self._index.find(row.external_ids.get(PARENT, ""))
        if parent is not None:
            parent.delvalue(ATTACHED_BY[row._table.name], row)
        row.delete()
