"""The northbound side: changes go in, what is there comes out.  All blocking; called from threads."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from pileus.host.chassis.ovsdb import Connection
from pileus.network.backend.ovn.differ import Differ, RowIndex, differing
from pileus.network.backend.ovn.mapping import rows_for
from pileus.network.backend.ovn.mapping.security import drop_rows
from pileus.network.backend.ovn.rows import DROP_KEY, KEY, REVISION, WANTED, WantedRow, owner_of
from pileus.network.backend.ovn.view import View
from pileus.network.backend.protocol import DAMAGED
from pileus.network.backend.wanted import Kind, Ref, Wanted, parents_of, ref_of

LOG = logging.getLogger(__name__)

TABLES = dict.fromkeys(
    (
        "ACL", "DHCP_Options", "DNS", "Gateway_Chassis", "HA_Chassis", "HA_Chassis_Group", "Logical_Router",
        "Logical_Router_Port", "Logical_Router_Static_Route", "Logical_Switch", "Logical_Switch_Port", "NAT",
        "Port_Group",
    )
) | {"NB_Global": ("nb_cfg", "sb_cfg", "hv_cfg", "options")}  # fmt: skip

_HELD = frozenset({"DNS", "Logical_Switch_Port"})
"""Tables whose rows outlive the loss of a reference to them, so that the reference must be looked at too."""

_DECODER: msgspec.json.Decoder[Wanted] = msgspec.json.Decoder(Wanted)

_ORDER = {
    Kind.NETWORK: 0,
    Kind.SECURITY_GROUP: 1,
    Kind.SUBNET: 2,
    Kind.PORT: 3,
    Kind.ROUTER: 4,
    Kind.FLOATING_IP: 5,
}
"""Rows that others hang on, or link to, are written first."""


class Northbound:
    """See the module."""

    def __init__(self, remote: str, within: float, on_progress: Callable[[], None]) -> None:
        """Connect to ``remote``; ``on_progress`` is called (on another thread) when hosts catch up."""
        self._index = RowIndex()
        self._view = View()
        self._on_progress = on_progress
        self._connection = Connection.open(
            remote, "OVN_Northbound", TABLES, self._changed, within, attach=self._index.attach
        )

    def _changed(self, event: str, row: Any) -> None:
        """On the connection's thread: keep index and view in step with the database."""
        if row._table.name == "NB_Global":
            self._on_progress()
            return
        key = self._index.note(row, gone=event == "delete")
        if key is not None and WANTED in row.external_ids:
            self._reload(Ref.parse(key))

    def _reload(self, ref: Ref) -> None:
        """Let the view say of an object what the database says."""
        row = self._index.find(str(ref))
        wanted = None if row is None else _decode(row.external_ids.get(WANTED, ""))
        if wanted is None:
            self._view.drop(ref)
        else:
            self._view.put(wanted)

    # -- changes -------------------------------------------------------------------------------------------

    def apply(self, requests: Sequence[Sequence[Wanted]]) -> list[list[Ref]]:
        """Take several requests in one transaction; returns what each had to leave out."""
        work = _Apply(self, requests)
        self._transact(work)
        return work.orphans

    def remove(self, refs: Collection[Ref]) -> None:
        """Delete objects and those that cannot be without them."""
        self._transact(_Remove(self, refs))

    def _transact(self, work: _Apply | _Remove) -> None:
        try:
            self._connection.transact(work)
        except Exception:
            with self._connection.lock:
                work.forget()
            raise

    def bump(self) -> int:
        """Start a round in which every host reports; returns the round's number."""
        work = _Bump(self._connection)
        self._connection.transact(work)
        assert work.result is not None
        return work.result

    # -- reading -------------------------------------------------------------------------------------------

    def progress(self) -> tuple[int, int]:
        """The last round that northd, and that all hosts, have finished."""
        with self._connection.lock:
            row = next(iter(self._connection.tables["NB_Global"].rows.values()), None)
            return (0, 0) if row is None else (row.sb_cfg, row.hv_cfg)

    def inventory(self) -> dict[Ref, int]:
        """See :meth:`NetworkBackend.inventory`."""
        with self._connection.lock:
            tables = self._connection.tables
            members = _members(tables["Port_Group"], "ports") | _members(tables["Logical_Switch"], "dns_records")
            marked = [table for table in tables.values() if "external_ids" in table.columns]
            keys = {row.external_ids.get(KEY, "") for table in marked for row in list(table.rows.values())}
            owners = {owner_of(key) for key in keys} - {"", DROP_KEY}
            walled = self._intact(DROP_KEY, drop_rows(), members)
            return {Ref.parse(owner): self._revision(owner, members, walled=walled) for owner in owners}

    def _revision(self, owner: str, members: dict[Any, set[Any]], *, walled: bool) -> int:
        """The revision of an object of which there is at least one row.

        ``walled``: whether what every secured port relies on is as it should be.
        """
        chief = self._index.find(owner)
        wanted = None if chief is None else _decode(chief.external_ids.get(WANTED, ""))
        if chief is None or wanted is None or str(ref_of(wanted)) != owner:
            return DAMAGED
        rows = rows_for(wanted, self._view)
        if not walled and any(DROP_KEY in row.groups for row in rows):
            return DAMAGED
        same = chief.external_ids.get(REVISION) == str(wanted.revision)
        return wanted.revision if same and self._intact(owner, rows, members) else DAMAGED

    def _intact(self, owner: str, rows: Sequence[WantedRow], members: dict[Any, set[Any]]) -> bool:
        present = self._index.owned(owner)
        if present.keys() != {row.key for row in rows}:
            return False
        for expected in rows:
            row = present[expected.key]
            if row._table.name != expected.table or differing(row, expected.columns, self._index):
                return False
            if expected.table not in _HELD:
                continue  # a row of another table would not be there without its parent
            holders = (expected.parent,) if expected.table == "DNS" else expected.groups
            held_by = {holder.uuid for key in holders if (holder := self._index.find(key or "")) is not None}
            if members.get(row.uuid, set()) != held_by:
                return False
        return True

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    # -- for the work below, on the connection's thread ------------------------------------------------------

    def differ(self, txn: Any) -> Differ:
        """Begin writing into a transaction; what every port relies on comes first."""
        self._index.begin()
        differ = Differ(txn, self._connection.tables, self._index)
        differ.sync(DROP_KEY, drop_rows(), None)
        return differ

    def sync(self, differ: Differ, refs: Iterable[Ref]) -> None:
        """Write the rows of these objects as the view has them."""
        for ref in sorted(refs, key=lambda each: (_ORDER[each.kind], each.id)):
            wanted = self._view.get(ref)
            if wanted is not None:
                differ.sync(str(ref), rows_for(wanted, self._view), wanted)

    @property
    def view(self) -> View:
        """What is wanted."""
        return self._view

    @property
    def index(self) -> RowIndex:
        """Where rows are."""
        return self._index

    def reload(self, refs: Iterable[Ref]) -> None:
        """Undo what a failed transaction did to the view."""
        self._index.begin()
        for ref in refs:
            self._reload(ref)


def _decode(text: str) -> Wanted | None:
    try:
        return _DECODER.decode(text)
    except msgspec.MsgspecError:
        return None


def _members(table: Any, column: str) -> dict[Any, set[Any]]:
    """For every row that rows of a table refer to in a column, those rows."""
    members: dict[Any, set[Any]] = defaultdict(set)
    for holder in table.rows.values():
        for row in getattr(holder, column):
            members[row.uuid].add(holder.uuid)
    return members


class _Work:
    """What applying and removing share: the view follows, and falls back if the transaction fails."""

    result: Any = None

    def __init__(self, northbound: Northbound) -> None:
        self._northbound = northbound
        self._moved: set[Ref] = set()

    def forget(self) -> None:
        """The transaction failed, or is tried again."""
        self._northbound.reload(self._moved)
        self._moved.clear()

    def post_commit(self, txn: Any) -> None:
        """The database's own notification has already brought index and view up to date."""
        self._northbound.index.begin()


class _Apply(_Work):
    """See :meth:`Northbound.apply`."""

    def __init__(self, northbound: Northbound, requests: Sequence[Sequence[Wanted]]) -> None:
        super().__init__(northbound)
        self._requests = requests
        self.orphans: list[list[Ref]] = []

    def run_idl(self, txn: Any) -> None:
        """Write."""
        self.forget()
        view = self._northbound.view
        touched: set[Ref] = set()
        self.orphans = []
        for request in self._requests:
            orphans = []
            for wanted in sorted(request, key=lambda each: _ORDER[ref_of(each).kind]):
                ref = ref_of(wanted)
                if any(self._absent(parent) for parent in parents_of(wanted)):
                    orphans.append(ref)
                    continue
                self._moved.add(ref)
                touched |= view.touched_by(view.put(wanted), wanted)
            self.orphans.append(orphans)
        # What the view remembers but the database has lost is for the reconciler to bring back.
        touched = {ref for ref in touched if not self._absent(ref)}
        self._northbound.sync(self._northbound.differ(txn), self._moved | touched)

    def _absent(self, ref: Ref) -> bool:
        """Whether an object is neither in the database nor about to be."""
        return ref not in self._moved and self._northbound.index.find(str(ref)) is None


class _Remove(_Work):
    """See :meth:`Northbound.remove`."""

    def __init__(self, northbound: Northbound, refs: Collection[Ref]) -> None:
        super().__init__(northbound)
        self._refs = refs

    def run_idl(self, txn: Any) -> None:
        """Write."""
        self.forget()
        view, index = self._northbound.view, self._northbound.index
        pending, touched = list(self._refs), set()
        differ = self._northbound.differ(txn)
        while pending:
            ref = pending.pop()
            if ref in self._moved:
                continue
            self._moved.add(ref)
            for other in view.mentioning(ref):
                dependent = view.get(other)
                if dependent is not None and ref in parents_of(dependent):
                    pending.append(other)
            old = view.drop(ref)
            touched |= view.touched_by(old, None) if old is not None else set()
        # Children first: a row is let go of by its parent before the parent goes.
        for ref in sorted(self._moved, key=lambda each: -_ORDER[each.kind]):
            for row in index.owned(str(ref)).values():
                differ.delete(row)
        touched = {ref for ref in touched - self._moved if index.find(str(ref)) is not None}
        self._northbound.sync(differ, touched)


class _Bump:
    """Raise the number that every host copies once it has done all that was asked before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.result: int | None = None

    def run_idl(self, txn: Any) -> None:
        """Write."""
        rows = self._connection.tables["NB_Global"].rows
        row = next(iter(rows.values()), None) or txn.insert(self._connection.tables["NB_Global"])
        if row._data is not None:
            row.verify("nb_cfg")
        self.result = (row.nb_cfg if row._data is not None else 0) + 1
        row.nb_cfg = self.result

    def post_commit(self, txn: Any) -> None:
        """Nothing."""
