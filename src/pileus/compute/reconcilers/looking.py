"""Looking at what the hosts really hold, all at once."""

import asyncio

from pileus.compute.scheduling.hosts import compute_services
from pileus.compute.servers.around.parts import ServerParts
from pileus.host.agent.errors import AgentError
from pileus.host.agent.protocol import Remains
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable


async def remains_of_hosts(parts: ServerParts) -> dict[str, Remains]:
    """What each host that answers holds; hosts that do not answer are left out."""
    async with parts.kernel.store.read() as tx:
        hosts = list(await compute_services(tx))

    async def ask(host: str) -> Remains | None:
        try:
            return await parts.agents.quick(host).remains()
        except (PeerUnreachable, PeerError, AgentError):
            return None

    found = await asyncio.gather(*(ask(host) for host in hosts))
    return {host: remains for host, remains in zip(hosts, found, strict=True) if remains is not None}
