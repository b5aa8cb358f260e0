"""Which networks have a server on this host, and by which port metadata is served there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from pileus.host.chassis.ovsdb import Connection


class LocalNetwork(msgspec.Struct, frozen=True):
    """A network with at least one server's port bound to this host."""

    network_id: str
    port_id: str
    """The metadata port."""
    mac: str
    addresses: tuple[str, ...]
    """Fixed addresses of the metadata port."""


class LocalNetworks(Protocol):
    """Says what is wanted on this host."""

    async def networks(self) -> list[LocalNetwork]:
        """The networks to serve now, sorted by id."""
        ...


class _Fixed(msgspec.Struct):
    address: str


class _Door(msgspec.Struct):
    """What a metadata port carries of itself, as far as it matters here."""

    id: str
    network_id: str
    mac: str
    fixed_ips: list[_Fixed] = []


_WANTED = "pileus:wanted"
"""Where the network backend leaves the port that was asked for, as JSON."""

_TABLES = {
    "Chassis": ("name",),
    "Datapath_Binding": ("tunnel_key",),
    "Port_Binding": ("logical_port", "type", "chassis", "datapath", "external_ids"),
}
_PLUGGED = frozenset({"", "virtual", "external"})


class SouthboundNetworks:
    """Reads OVN's southbound database, the one that this host's ovn-controller follows too.

    Nothing else is needed to know what to serve, so metadata survives a control plane that is away.
    """

    def __init__(self, connection: Connection, chassis: str) -> None:
        self._connection = connection
        self._chassis = chassis

    @classmethod
    async def connect(
        cls, remote: str, chassis: str, *, on_change: Callable[[], None] = lambda: None, within: float = 10.0
    ) -> SouthboundNetworks:
        """Connect; ``on_change`` is called on the loop when bindings change (wake the agent with it).

        Raises:
            OvsdbUnavailableError: The database does not answer.
        """
        loop = asyncio.get_running_loop()

        def changed(_event: str, row: Any) -> None:
            if row._table.name == "Port_Binding" and not loop.is_closed():
                loop.call_soon_threadsafe(on_change)

        connection = await asyncio.to_thread(Connection.open, remote, "OVN_Southbound", _TABLES, changed, within)
        return cls(connection, chassis)

    async def networks(self) -> list[LocalNetwork]:
        """See :class:`LocalNetworks`."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[LocalNetwork]:
        here: set[Any] = set()
        doors: dict[Any, _Door] = {}
        with self._connection.lock:
            for row in self._connection.tables["Port_Binding"].rows.values():
                if row.type in _PLUGGED and any(chassis.name == self._chassis for chassis in row.chassis):
                    here.add(row.datapath.uuid)
                elif row.type == "localport" and _WANTED in row.external_ids:
                    doors[row.datapath.uuid] = msgspec.json.decode(row.external_ids[_WANTED], type=_Door)
        found = [
            LocalNetwork(port.network_id, port.id, port.mac, tuple(each.address for each in port.fixed_ips))
            for datapath, port in doors.items()
            if datapath in here
        ]
        return sorted(found, key=lambda each: each.network_id)

    async def close(self) -> None:
        """Disconnect."""
        await asyncio.to_thread(self._connection.close)
