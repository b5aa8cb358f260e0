"""Keeps the backend as the database wants it.

Each change leaves a row in `network_dirty` in its own transaction.  A pass reads those rows, computes what is wanted
of the objects that they name, tells the backend in one batch, and deletes the rows.  A killed process leaves the rows
for the next one.  At the start, and every few minutes, everything is compared with what the backend really has.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from pileus.kernel import log
from pileus.kernel.signals import Signals
from pileus.kernel.store import Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World
from pileus.network.backend.protocol import DAMAGED, BackendRefusedError, NetworkBackend, ParentMissingError
from pileus.network.backend.wanted import Kind, Ref, Wanted, parents_of
from pileus.network.door.logic import STATUS_TOPIC
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.logic import OWN_PORTS
from pileus.network.plumbing.logic import TOPIC
from pileus.network.plumbing.table import DIRTY
from pileus.network.ports.table import PORTS
from pileus.network.reconcilers.wanted import WantedState
from pileus.network.routers.logic import GATEWAY, INTERFACE

LOG = log.get("network.plumber")

MOST_AT_ONCE = 2000
"""Dirty rows of one pass."""

AUDIT_PAUSE = 1.0
"""Seconds until an audit looks again at what seemed wrong."""

APPLIED_IS_ACTIVE = (INTERFACE, GATEWAY, *OWN_PORTS)
"""Owners of ports that nothing is plugged into: they carry traffic once the backend has them."""


class SomeLeftOut(Exception):
    """Some objects could not be applied yet; they stay dirty, and the loop waits a little longer each time."""


class Plumber:
    """Tells the backend what changed; see the module."""

    name = "network.plumber"
    interval = 10.0
    topics = (TOPIC,)

    def __init__(
        self, store: Store, world: World, signals: Signals, backend: NetworkBackend, state: WantedState, compare: float
    ) -> None:
        self._store = store
        self._world = world
        self._signals = signals
        self._backend = backend
        self._state = state
        self._compare_seconds = compare
        self._compared_at: float | None = None
        self._gateways: tuple[str, ...] = ()

    async def converge(self) -> int:
        """Tell the backend what changed since the last pass, or compare everything where that is due."""
        gateways = tuple(sorted(c.name for c in await self._backend.chassis() if c.gateway))
        now = self._world.clock.monotonic()
        due = self._compared_at is None or now - self._compared_at >= self._compare_seconds
        if due or gateways != self._gateways:
            self._gateways = gateways
            closed = await self._compare()
            self._compared_at = now
            return closed
        closed = 0
        while True:
            done = await self._pass()
            closed += done
            if done < MOST_AT_ONCE:
                return closed

    async def audit(self) -> list[str]:
        """Where the backend is not as the database wants it, in words; what waits to be told is left out."""
        found = await self._differences()
        if found:  # something may have changed between the looks at the two
            await self._world.clock.sleep(AUDIT_PAUSE)
            again = await self._differences()
            found = [each for each in found if each in again]
        return found

    async def _differences(self) -> list[str]:
        have = await self._backend.inventory()
        gateways = tuple(sorted(c.name for c in await self._backend.chassis() if c.gateway))
        async with self._store.read() as tx:
            _sequences, dirty = await self._dirty(tx)
            everything = await self._state.of(tx, await self._state.all_refs(tx), gateways)
        found = [f"{ref} is not in the network backend" for ref in everything if ref not in have | dict.fromkeys(dirty)]
        for ref, revision in have.items():
            if ref in dirty:
                continue
            if ref not in everything:
                found.append(f"the network backend has {ref}, which is no more")
            elif revision == DAMAGED:
                found.append(f"{ref} was changed in the network backend")
            elif revision != everything[ref].revision:
                found.append(f"{ref} is at revision {revision} in the network backend, not {everything[ref].revision}")
        return sorted(found)

    async def _dirty(self, tx: Tx) -> tuple[list[int], set[Ref]]:
        rows = await tx.all(select(DIRTY).order_by(DIRTY.c.sequence).limit(MOST_AT_ONCE))
        return [row["sequence"] for row in rows], {Ref(Kind(row["kind"]), row["object_id"]) for row in rows}

    async def _pass(self) -> int:
        async with self._store.read() as tx:
            sequences, refs = await self._dirty(tx)
            if not sequences:
                return 0
            wanted = await self._state.of(tx, refs, self._gateways)
        await self._tell(wanted, [ref for ref in refs if ref not in wanted], sequences)
        return len(sequences)

    async def _compare(self) -> int:
        """Compare everything; what changes meanwhile is dirty and follows in the next pass."""
        have = await self._backend.inventory()
        async with self._store.read() as tx:
            sequences, _ = await self._dirty(tx)
            refs = await self._state.all_refs(tx)
            everything = await self._state.of(tx, refs, self._gateways)
        different = {ref: wanted for ref, wanted in everything.items() if have.get(ref) != wanted.revision}
        gone = [ref for ref in have if ref not in everything]
        await self._tell(different, gone, sequences)
        await retrying(self._store, lambda tx: self._settle(tx, everything))
        if different or gone:
            LOG.info("compared", different=len(different), gone=len(gone), objects=len(everything))
        return len(different) + len(gone)

    async def _tell(self, wanted: dict[Ref, Wanted], gone: Sequence[Ref], sequences: list[int]) -> None:
        left = await self._apply(wanted)
        if gone:
            await self._backend.remove(gone)
        applied = {ref: each for ref, each in wanted.items() if ref not in left}

        async def finish(tx: Tx) -> None:
            if sequences:
                await tx.run(DIRTY.delete().where(DIRTY.c.sequence.in_(sequences)))
            parents = {parent for ref in left if ref in wanted for parent in parents_of(wanted[ref])}
            again = [{"kind": ref.kind.value, "object_id": ref.id} for ref in sorted(left | parents)]
            await tx.insert(DIRTY, again)
            await self._settle(tx, applied)

        await retrying(self._store, finish)
        if left:
            raise SomeLeftOut(f"{len(left)} objects wait for what they belong to")

    async def _apply(self, wanted: dict[Ref, Wanted]) -> set[Ref]:
        """Apply a batch; the names of those that have to wait for their parents."""
        if not wanted:
            return set()
        try:
            await self._backend.apply([*wanted.values()])
        except ParentMissingError as error:
            return set(error.refs)
        except BackendRefusedError:
            return await self._apply_each(wanted)
        return set()

    async def _apply_each(self, wanted: dict[Ref, Wanted]) -> set[Ref]:
        """One object must not keep the others out: each alone, those refused left to the next comparison."""
        left: set[Ref] = set()
        for kind in Kind:
            for ref, each in wanted.items():
                if ref.kind is not kind:
                    continue
                try:
                    await self._backend.apply([each])
                except ParentMissingError as error:
                    left.update(error.refs)
                except BackendRefusedError as error:
                    LOG.error("the backend refuses an object", ref=str(ref), error=str(error))
        return left

    async def _settle(self, tx: Tx, applied: Iterable[Ref]) -> None:
        """Say ACTIVE of what is so as soon as the backend has it."""
        refs = list(applied)
        ports = [ref.id for ref in refs if ref.kind is Kind.PORT]
        floating = [ref.id for ref in refs if ref.kind is Kind.FLOATING_IP]
        changed = 0
        if ports:
            here = (PORTS.c.id.in_(ports), PORTS.c.device_owner.in_(APPLIED_IS_ACTIVE), PORTS.c.status != "ACTIVE")
            changed += await tx.run(PORTS.update().where(*here).values(status="ACTIVE"))
        if floating:
            up = select(PORTS.c.id).where(PORTS.c.status == "ACTIVE").scalar_subquery()
            there = (FLOATINGIPS.c.id.in_(floating), FLOATINGIPS.c.fixed_port_id.in_(up))
            changed += await tx.run(
                FLOATINGIPS.update().where(*there, FLOATINGIPS.c.status != "ACTIVE").values(status="ACTIVE")
            )
        if changed:
            tx.after_commit(lambda: self._signals.wake(STATUS_TOPIC))
