"""State machines as tables: which verb is allowed in which state, what the resource is while it lasts and afterwards.

    SERVER = Machine("server",
        move("stop", "ACTIVE", "ERROR", busy="powering-off", to="STOPPED", failed="ERROR"),
    )

`begin`, `finish` and `fail` are the only writers of the state columns, each a single compare-and-swap UPDATE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, update

from pileus.kernel.api.errors import Conflict
from pileus.kernel.store import Row, Tx


@dataclass(frozen=True, slots=True)
class Move:
    """One verb.

    Attributes:
        verb: what is done.
        sources: the states it may start in.
        busy: the task shown while it lasts; empty for a move that happens at once.
        to: the state afterwards; empty keeps the one it started in.
        failed: the state after a failure; empty keeps the one it started in.
        interrupts: whether it may begin while another task lasts (deleting, resetting).
    """

    verb: str
    sources: frozenset[str]
    busy: str
    to: str
    failed: str
    interrupts: bool = False


def move(verb: str, *sources: str, busy: str = "", to: str = "", failed: str = "", interrupts: bool = False) -> Move:
    """Declare a move."""
    return Move(verb, frozenset(sources), busy, to, failed, interrupts)


class WrongState(Conflict):
    """409: the verb is not allowed in the resource's state, or another task lasts."""

    message = "Cannot '{verb}' {kind} {id} while it is in {attribute} {value}"


class Machine:
    """The moves of one kind of resource.

    Args:
        kind: the resource's name, for messages.
        state: the column of the stable state.
        task: the column of the passing one; empty string or null means none.
        revision: a column that grows with every write, if the table has one.
    """

    error: type[Conflict] = WrongState

    def __init__(
        self,
        kind: str,
        *moves: Move,
        state: str = "state",
        task: str = "task",
        revision: str = "",
        error: type[Conflict] | None = None,
    ) -> None:
        self.kind = kind
        self.moves: dict[str, Move] = {m.verb: m for m in moves}
        self.state = state
        self.task = task
        self.revision = revision
        if len(self.moves) != len(moves):
            raise ValueError(f"{kind}: a verb is declared twice")
        if error is not None:
            self.error = error

    def allows(self, row: Mapping[str, Any], verb: str) -> bool:
        """Whether the verb may begin now, as far as the row tells."""
        m = self.moves[verb]
        return row[self.state] in m.sources and (m.interrupts or not row[self.task])

    async def begin(self, tx: Tx, table: Table, row: Row, verb: str, **values: Any) -> Row:
        """Begin a verb: one conditional UPDATE; the row afterwards.

        Raises:
            Conflict: the row is in another state or busy; the machine's own error class.
        """
        m = self.moves[verb]
        if self.allows(row, verb):
            new = {self.task: m.busy or None, **values}
            if not m.busy and m.to:
                new[self.state] = m.to
            if await self._swap(tx, table, row, new):
                return {**row, **new, **self._grown(row)}
            found = await tx.first(table.select().where(table.c.id == row["id"]))
            row = found or row
        attribute = "task_state" if row[self.task] and row[self.state] in m.sources else "vm_state"
        value = row[self.task] if attribute == "task_state" else row[self.state]
        raise self.error(verb=verb, kind=self.kind, id=row["id"], attribute=attribute, value=value)

    async def finish(self, tx: Tx, table: Table, id: str, verb: str, **values: Any) -> bool:
        """End a verb that succeeded; whether the row was still in it."""
        m = self.moves[verb]
        return await self._end(tx, table, id, m, m.to, values)

    async def fail(self, tx: Tx, table: Table, id: str, verb: str, **values: Any) -> bool:
        """End a verb that failed; whether the row was still in it."""
        m = self.moves[verb]
        return await self._end(tx, table, id, m, m.failed, values)

    async def _end(self, tx: Tx, table: Table, id: str, m: Move, state: str, values: dict[str, Any]) -> bool:
        new: dict[str, Any] = {self.task: None, **values}
        if state:
            new.setdefault(self.state, state)
        if self.revision:
            new[self.revision] = table.c[self.revision] + 1
        changed = await tx.run(update(table).where(table.c.id == id, table.c[self.task] == m.busy).values(**new))
        return changed == 1

    def _grown(self, row: Row) -> Row:
        return {self.revision: row[self.revision] + 1} if self.revision else {}

    async def _swap(self, tx: Tx, table: Table, row: Row, new: dict[str, Any]) -> bool:
        c = table.c
        same_task = c[self.task] == row[self.task] if row[self.task] is not None else c[self.task].is_(None)
        where = [c.id == row["id"], c[self.state] == row[self.state], same_task]
        if self.revision:
            where.append(c[self.revision] == row[self.revision])
        return await tx.run(update(table).where(*where).values(**new, **self._grown(row))) == 1

    def diagram(self) -> str:
        """The machine as a mermaid state diagram, for the docs."""
        lines = ["stateDiagram-v2"]
        for m in self.moves.values():
            for source in sorted(m.sources):
                label = f"{m.verb} ({m.busy})" if m.busy else m.verb
                lines.append(f"    {source} --> {m.to or source}: {label}")
                if m.failed and m.failed != m.to:
                    lines.append(f"    {source} --> {m.failed}: {m.verb} failed")
        return "\n".join(dict.fromkeys(lines))
