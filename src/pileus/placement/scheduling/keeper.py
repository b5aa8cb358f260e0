"""A snapshot that follows the database.

Reading ten thousand providers for each request would take longer than the whole request may.  So one snapshot is kept,
and each request asks the database for the number of providers and the sum of their stamps, which an index answers.
Every change of whatever a provider has draws a new stamp (`providers/logic.py`), by whichever node: where count and
sum are those of the snapshot, it is the database's state as this transaction sees it.  Where they are not, the
providers that changed lately are read again; and all of them, if that was not it (one was removed, say).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select

from pileus.kernel.store import Row, Tx
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.providers.table import INVENTORIES, PROVIDER_AGGREGATES, PROVIDER_TRAITS, PROVIDERS
from pileus.placement.scheduling.snapshot import Node, Snapshot, node_of
from pileus.placement.service import Inventory, Provider

OVERLAP = timedelta(seconds=2)
"""How much older than the newest change seen a change may be that was committed after it."""

MOST_CHANGED = 1000
"""Beyond that many changed providers, reading all is no slower."""


class Keeper:
    """Keeps the newest snapshot."""

    def __init__(self) -> None:
        self._kept = Snapshot()
        self._newest: datetime | None = None

    async def current(self, tx: Tx) -> Snapshot:
        """All providers as the transaction sees them.

        The snapshot is the keeper's own: use it before waiting for anything, and change nothing of it.
        """
        c = PROVIDERS.c
        mark = await tx.first(
            select(func.count().label("count"), func.sum(c.stamp).label("total")).select_from(PROVIDERS)
        )
        assert mark is not None
        count, total = int(mark["count"]), int(mark["total"] or 0)
        if _is(self._kept, count, total):
            return self._kept
        changed = await self._changed(tx)
        if changed:
            rows = await tx.all(select(PROVIDERS).where(c.uuid.in_(changed)))
            self._put(self._kept, await _nodes(tx, rows, whole=False))
            if _is(self._kept, count, total):
                return self._kept
        fresh = Snapshot()
        self._put(fresh, await _nodes(tx, await tx.all(select(PROVIDERS).order_by(c.created_at, c.name)), whole=True))
        self._kept = fresh
        return fresh

    async def _changed(self, tx: Tx) -> list[str]:
        """The providers whose rows are newer than the snapshot's; none if these are too many, or all."""
        if self._newest is None:
            return []
        c, nodes = PROVIDERS.c, self._kept.nodes
        recent = await tx.all(select(c.uuid, c.stamp).where(c.updated_at >= self._newest - OVERLAP))
        found = [row["uuid"] for row in recent if row["uuid"] not in nodes or nodes[row["uuid"]].stamp != row["stamp"]]
        return found if len(found) <= MOST_CHANGED else []

    def _put(self, snapshot: Snapshot, nodes: Sequence[Node]) -> None:
        for node in nodes:
            snapshot.put(node)
            if self._newest is None or node.updated_at > self._newest:
                self._newest = node.updated_at


def _is(snapshot: Snapshot, count: int, total: int) -> bool:
    return len(snapshot.nodes) == count and snapshot.total == total


async def _nodes(tx: Tx, providers: Sequence[Row], *, whole: bool) -> list[Node]:
    """The nodes of providers' rows, in five queries however many there are.

    Args:
        whole: whether these are all the providers there are.
    """
    ids = None if whole else [row["uuid"] for row in providers]
    if not providers:
        return []
    inventories: dict[str, dict[str, Inventory]] = {}
    for row in await _rows(tx, INVENTORIES, ids):
        inventories.setdefault(row["provider"], {})[row["resource_class"]] = inventory_of(row)
    used: dict[str, dict[str, int]] = {}
    a = ALLOCATIONS.c
    sums = select(a.provider, a.resource_class, func.sum(a.used).label("used")).group_by(a.provider, a.resource_class)
    for row in await tx.all(sums if ids is None else sums.where(a.provider.in_(ids))):
        used.setdefault(row["provider"], {})[row["resource_class"]] = int(row["used"])
    traits: dict[str, set[str]] = {}
    for row in await _rows(tx, PROVIDER_TRAITS, ids):
        traits.setdefault(row["provider"], set()).add(row["trait"])
    aggregates: dict[str, set[str]] = {}
    for row in await _rows(tx, PROVIDER_AGGREGATES, ids):
        aggregates.setdefault(row["provider"], set()).add(row["aggregate"])
    found = []
    for row in providers:
        uid = row["uuid"]
        facts = Provider(
            id=uid,
            name=row["name"],
            generation=row["generation"],
            inventories=inventories.get(uid, {}),
            used=used.get(uid, {}),
            traits=frozenset(traits.get(uid, ())),
            aggregates=frozenset(aggregates.get(uid, ())),
        )
        found.append(node_of(facts, row["parent"], row["root"], row["stamp"], row["updated_at"]))
    return found


async def _rows(tx: Tx, table: Table, ids: list[str] | None) -> list[Row]:
    statement = select(table)
    return await tx.all(statement if ids is None else statement.where(table.c.provider.in_(ids)))


def inventory_of(row: dict[str, Any]) -> Inventory:
    """The inventory that a row tells of."""
    return Inventory(**{field: row[field] for field in Inventory.__struct_fields__})
