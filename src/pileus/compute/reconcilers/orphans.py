"""What is left on hosts of servers that are no more, or are elsewhere, goes after a while."""

from datetime import datetime, timedelta

from sqlalchemy import select

from pileus.compute.reconcilers.looking import remains_of_hosts
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.table import SERVERS
from pileus.host.agent.errors import AgentError
from pileus.host.agent.protocol import Remains
from pileus.kernel import log
from pileus.kernel.operations import OPERATIONS
from pileus.kernel.operations.journal import UNFINISHED
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable
from pileus.kernel.store import Tx

LOG = log.get("compute.orphans")


async def orphans(tx: Tx, found: dict[str, Remains]) -> list[tuple[str, str, bool]]:
    """What no row claims: (host, server, whether it has files there, which only servers of ours have)."""
    rows = await tx.all(select(SERVERS.c.id, SERVERS.c.host))
    host_of = {row["id"]: row["host"] for row in rows}
    c = OPERATIONS.c
    busy = await tx.all(select(c.resource_id).where(c.resource_type == "server", c.state.in_(UNFINISHED)))
    touched = {row["resource_id"] for row in busy}
    lost: list[tuple[str, str, bool]] = []
    for host, remains in found.items():
        files = set(remains.disks)
        held = sorted(files | {domain.id for domain in remains.domains})
        lost += [(host, own, own in files) for own in held if host_of.get(own) != host and own not in touched]
    return lost


class Orphans:
    """Removes what has been an orphan for long enough; what does not look like ours is only told of.

    Args:
        grace: how long somebody may still claim it.
    """

    name = "compute.orphans"
    interval = 60.0
    topics = ("compute.orphans",)

    def __init__(self, parts: ServerParts, *, grace: timedelta = timedelta(minutes=10)) -> None:
        self._parts = parts
        self._grace = grace
        self._since: dict[tuple[str, str], datetime] = {}

    async def converge(self) -> int:
        """Look at every host that answers; how many orphans were removed."""
        found = await remains_of_hosts(self._parts)
        async with self._parts.kernel.store.read() as tx:
            lost = await orphans(tx, found)
        now = self._parts.kernel.world.clock.now()
        self._since = {(host, own): self._since.get((host, own), now) for host, own, _ours in lost}
        removed = 0
        for host, own, ours in lost:
            if now - self._since[host, own] < self._grace:
                continue
            if not ours:
                LOG.warning("a domain that no server claims is left alone", host=host, domain=own)
                continue
            try:
                await self._parts.agents.of(host).destroy(own)
            except (PeerUnreachable, PeerError, AgentError) as error:
                LOG.warning("an orphan could not be removed", host=host, server=own, error=str(error))
                continue
            LOG.warning("an orphan was removed", host=host, server=own)
            del self._since[host, own]
            removed += 1
        return removed
