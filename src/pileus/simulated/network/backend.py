"""A :class:`~pileus.network.backend.protocol.NetworkBackend` without a network.

It keeps the wanted objects, lets simulated hosts plug ports, and fails on request.  Every operation is
proportional to what it is given, not to what is there, so that tens of thousands of ports are cheap.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from pileus.network.backend.protocol import (
    DAMAGED,
    ChassisStatus,
    NetworkBackendError,
    ParentMissingError,
    PortStatus,
)
from pileus.network.backend.wanted import (
    Kind,
    PortKind,
    Ref,
    Wanted,
    WantedFloatingIP,
    WantedPort,
    parents_of,
    ref_of,
)

_ORDER = {kind: at for at, kind in enumerate(Kind)}


class SimulatedNetwork:
    """Networks that exist on paper only.

    A port is up while it is plugged (:meth:`plug`) on a living host that its ``hosts`` allow, and enabled.
    """

    def __init__(self, hosts: Sequence[str] = ("simulated-1",), now: Callable[[], float] = lambda: 0.0) -> None:
        """``hosts`` are there from the start; ``now`` gives seconds since the epoch."""
        self._now = now
        self._objects: dict[Ref, Wanted] = {}
        self._children: dict[Ref, set[Ref]] = defaultdict(set)
        self._damaged: set[Ref] = set()
        self._plugged: dict[str, str] = {}
        self._hosts: dict[str, bool] = dict.fromkeys(hosts, True)
        self._failures: deque[NetworkBackendError] = deque()
        self._listeners: set[asyncio.Queue[PortStatus]] = set()

    # -- the protocol ------------------------------------------------------------------------------------

    async def apply(self, objects: Sequence[Wanted]) -> None:
        """See :meth:`NetworkBackend.apply`."""
        self._fail_if_told()
        orphans = []
        for wanted in sorted(objects, key=lambda each: _ORDER[ref_of(each).kind]):
            ref = ref_of(wanted)
            if any(parent not in self._objects for parent in parents_of(wanted)):
                orphans.append(ref)
                continue
            before = self._status(ref.id)
            self._forget(ref)
            self._objects[ref] = wanted
            for parent in parents_of(wanted):
                self._children[parent].add(ref)
            self._announce(ref.id, before)
        if orphans:
            raise ParentMissingError(orphans)

    async def remove(self, refs: Collection[Ref]) -> None:
        """See :meth:`NetworkBackend.remove`."""
        self._fail_if_told()
        pending = list(refs)
        while pending:
            ref = pending.pop()
            pending.extend(self._children.pop(ref, ()))
            before = self._status(ref.id) if ref.kind is Kind.PORT else None
            self._forget(ref)
            if before is not None:
                self._tell(PortStatus(ref.id, up=False, chassis=None, gone=True))

    async def inventory(self) -> dict[Ref, int]:
        """See :meth:`NetworkBackend.inventory`."""
        self._fail_if_told()
        return {ref: DAMAGED if ref in self._damaged else wanted.revision for ref, wanted in self._objects.items()}

    async def wait_applied(self, refs: Collection[Ref], within: float) -> None:
        """See :meth:`NetworkBackend.wait_applied`; here everything is in force at once."""
        self._fail_if_told()

    async def port_status(self) -> AsyncIterator[PortStatus]:
        """See :meth:`NetworkBackend.port_status`."""
        queue: asyncio.Queue[PortStatus] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def ports_up(self) -> dict[str, PortStatus]:
        """See :meth:`NetworkBackend.ports_up`."""
        self._fail_if_told()
        found = (self._status(ref.id) for ref in self._objects if ref.kind is Kind.PORT)
        return {status.port_id: status for status in found if status is not None}

    async def chassis(self) -> list[ChassisStatus]:
        """See :meth:`NetworkBackend.chassis`."""
        self._fail_if_told()
        return [
            ChassisStatus(
                name=name,
                hostname=name,
                alive=alive,
                type="OVN Controller Gateway agent",
                version="simulated",
                reported_at=self._now() if alive else None,
                gateway=True,
                bridge_mappings={"public": "br-ex"},
                encapsulations={"geneve": "192.0.2.1"},
                config={},
            )
            for name, alive in sorted(self._hosts.items())
        ]

    async def close(self) -> None:
        """Nothing is held."""

    # -- what simulated hosts and tests do to it -----------------------------------------------------------

    def plug(self, port_id: str, host: str) -> None:
        """A simulated host connects an interface to a port; it need not exist yet."""
        before = self._status(port_id)
        self._plugged[port_id] = host
        self._announce(port_id, before)

    def unplug(self, port_id: str) -> None:
        """The interface goes away; unknown ports are no error."""
        before = self._status(port_id)
        self._plugged.pop(port_id, None)
        self._announce(port_id, before)

    def set_host(self, name: str, *, alive: bool) -> None:
        """Add a host, or let one die or come back; the ports on it follow."""
        there = [port for port, host in self._plugged.items() if host == name]
        before = {port: self._status(port) for port in there}
        self._hosts[name] = alive
        for port in there:
            self._announce(port, before[port])

    def damage(self, ref: Ref) -> None:
        """Let an object differ from what was applied, as if changed behind our back."""
        if ref in self._objects:
            self._damaged.add(ref)

    def lose(self, ref: Ref) -> None:
        """Let an object vanish, as if deleted behind our back."""
        self._forget(ref)

    def fail_next(self, error: NetworkBackendError, times: int = 1) -> None:
        """Let the next ``times`` calls raise ``error`` before they do anything."""
        self._failures.extend([error] * times)

    def wanted(self, ref: Ref) -> Wanted | None:
        """What was last applied under this name."""
        return self._objects.get(ref)

    def floating_target(self, address: str) -> str | None:
        """The port that a floating address leads to at present."""
        for wanted in self._objects.values():
            if isinstance(wanted, WantedFloatingIP) and wanted.address == address:
                return wanted.port_id
        return None

    # -- inside ----------------------------------------------------------------------------------------------

    def _fail_if_told(self) -> None:
        if self._failures:
            raise self._failures.popleft()

    def _forget(self, ref: Ref) -> None:
        old = self._objects.pop(ref, None)
        self._damaged.discard(ref)
        if old is not None:
            for parent in parents_of(old):
                self._children[parent].discard(ref)

    def _status(self, port_id: str) -> PortStatus | None:
        port = self._objects.get(Ref(Kind.PORT, port_id))
        if not isinstance(port, WantedPort) or port.kind in (PortKind.METADATA, PortKind.ROUTER):
            return None
        host = self._plugged.get(port_id)
        bound = host is not None and self._hosts.get(host, False) and (not port.hosts or host in port.hosts)
        return PortStatus(port_id, up=bound and port.enabled, chassis=host if bound else None)

    def _announce(self, port_id: str, before: PortStatus | None) -> None:
        after = self._status(port_id)
        if after is not None and after != before:
            self._tell(after)

    def _tell(self, status: PortStatus) -> None:
        for queue in self._listeners:
            queue.put_nowait(status)
