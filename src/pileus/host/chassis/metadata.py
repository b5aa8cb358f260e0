"""Keeps a metadata service in every network that has a server on this host.

For each such network: a namespace, in it an internal port of the switch that OVN takes for the network's
metadata port, on it 169.254.169.254 and fe80::a9fe:a9fe, and on these port 80, answered by the one
:class:`~pileus.host.chassis.http.MetadataServer` of the process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from pileus.host.chassis import namespaces
from pileus.host.chassis.http import MetadataServer
from pileus.host.chassis.local import LocalNetwork, LocalNetworks
from pileus.host.chassis.switch import Switch, SwitchError

LOG = logging.getLogger(__name__)

ADDRESS_V4 = "169.254.169.254"
ADDRESS_V6 = "fe80::a9fe:a9fe"
PORT = 80
_MARK = "pileus-metadata"


class MetadataFailedError(Exception):
    """In some networks metadata is not answered; it is in all others, and the next round tries again.

    Attributes:
        reasons: Why, by network id.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__("; ".join(f"{network}: {reason}" for network, reason in self.reasons.items()))


class MetadataAgent:
    """A reconciler: takes no input, reads what is wanted and what is, and closes the difference.

    It has the shape of the kernel's ``Reconciler``.  Namespaces and switch ports outlive the process; another one
    takes them over.
    """

    name = "host.metadata"
    interval = 30.0
    topics = ("host.bindings",)
    """Signal to wake it with, when :class:`SouthboundNetworks` tells of a change."""

    def __init__(
        self,
        networks: LocalNetworks,
        switch: Switch,
        server: MetadataServer,
        *,
        prefix: str = "pileus-md-",
        switch_namespace: Path = Path("/proc/self/ns/net"),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``prefix`` begins the names of namespaces, and marks switch ports, that are this agent's to remove.

        ``switch_namespace`` is the namespace that the switch's own devices appear in; as a rule this process's.
        """
        self._networks = networks
        self._switch = switch
        self._server = server
        self._prefix = prefix
        self._origin = switch_namespace
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._places: dict[str, int] = {}
        """The namespace, by identity, that each network's listeners are in."""

    @property
    def serving(self) -> set[str]:
        """Networks in which metadata is answered."""
        return self._server.networks

    async def converge(self) -> int:
        """Serve what is to be served and remove what is not; returns how many differences were closed.

        Raises:
            SwitchError: The switch does not answer.
            MetadataFailedError: Some networks could not be served; they did not hold up the others.
        """
        async with self._turn:
            wanted = {each.network_id: each for each in await self._networks.networks()}
            closed = await self._remove_stale(wanted)
            failed: dict[str, str] = {}
            for network in wanted.values():
                try:
                    closed += await self._serve(network)
                except (OSError, SwitchError) as error:
                    failed[network.network_id] = str(error)
                except Exception as error:
                    LOG.exception("no metadata in network %s", network.network_id)
                    failed[network.network_id] = f"{type(error).__name__}: {error}"
            if failed:
                raise MetadataFailedError(failed)
            return closed

    async def clear(self) -> None:
        """Remove everything of this agent's from the host."""
        async with self._turn:
            await self._remove_stale({})

    async def close(self) -> None:
        """Stop answering, and leave namespaces and ports for the next process."""
        for network_id in self._server.networks:
            await self._server.stop(network_id)

    def _namespace(self, network_id: str) -> str:
        return self._prefix + network_id

    async def _remove_stale(self, wanted: dict[str, LocalNetwork]) -> int:
        removed = 0
        devices = {_device(network) for network in wanted.values()}
        for port in await self._switch.ports():
            if port.external_ids.get(_MARK) == self._prefix and port.name not in devices:
                await self._switch.remove(port.name)
                removed += 1
        for network_id in self._server.networks - wanted.keys():
            await self._server.stop(network_id)
        keep = {self._namespace(network_id) for network_id in wanted}
        for name in await asyncio.to_thread(namespaces.names, self._prefix):
            if name not in keep:
                await asyncio.to_thread(namespaces.remove, name)
                removed += 1
        return removed

    async def _serve(self, network: LocalNetwork) -> int:
        name, device = self._namespace(network.network_id), _device(network)
        await asyncio.to_thread(namespaces.create, name)
        marks = {"iface-id": network.port_id, _MARK: self._prefix}
        present = {port.name: port for port in await self._switch.ports()}
        made = 0
        place = await asyncio.to_thread(namespaces.identity, name)
        if self._places.get(network.network_id) != place:
            # The listeners, if any, are in a namespace that went and was made anew.
            await self._server.stop(network.network_id)
        if device not in present or not marks.items() <= present[device].external_ids.items():
            await self._switch.add_internal(device, network.mac, marks)
            made += 1
        await self._bring_in(name, device)
        addresses = [(address, 128 if ":" in address else 32) for address in network.addresses]
        addresses += [(ADDRESS_V4, 32), (ADDRESS_V6, 64)]
        await asyncio.to_thread(namespaces.configure, name, device, network.mac, addresses)
        if network.network_id not in self._server.networks:
            listeners = await asyncio.to_thread(namespaces.listen, name, PORT)
            await self._server.serve(network.network_id, listeners)
            self._places[network.network_id] = place
            made += 1
        return made

    async def _bring_in(self, name: str, device: str) -> None:
        """Move the device in; a switch that was just asked takes a moment to make it."""
        for _ in range(50):
            if await asyncio.to_thread(namespaces.take, name, device, self._origin):
                return
            if await asyncio.to_thread(namespaces.has_device, name, device):
                return
            await self._sleep(0.1)
        # It may be stuck in a namespace that is gone; the next round makes it anew.
        await self._switch.remove(device)
        raise OSError(f"the switch did not make {device}")


def _device(network: LocalNetwork) -> str:
    """A device name (at most 15 characters) that follows from the port."""
    return "md" + hashlib.sha256(network.port_id.encode()).hexdigest()[:12]
