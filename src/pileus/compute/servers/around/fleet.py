"""The host agents, by the names of their hosts."""

from pileus.host.agent.errors import ERRORS
from pileus.host.agent.protocol import HostAgent
from pileus.kernel.peers.protocol import Transport, client

SLOW = 600.0
"""Seconds that fetching an image or making a disk may take."""

QUICK = 30.0


class Agents:
    """Clients of the host agents, made once for each host."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._slow: dict[str, HostAgent] = {}
        self._quick: dict[str, HostAgent] = {}

    def of(self, host: str) -> HostAgent:
        """The agent of a host, for work that may take minutes."""
        if host not in self._slow:
            self._slow[host] = client(self._transport, f"host/{host}", HostAgent, ERRORS, SLOW)  # type: ignore[type-abstract]
        return self._slow[host]

    def quick(self, host: str) -> HostAgent:
        """The agent of a host, for questions within a request."""
        if host not in self._quick:
            self._quick[host] = client(self._transport, f"host/{host}", HostAgent, ERRORS, QUICK)  # type: ignore[type-abstract]
        return self._quick[host]
