"""The operations on networks, until 2.35: nothing but ids and names is left of them."""

from typing import Any

from pileus.compute.rules import READER_OR_ADMIN
from pileus.compute.versions import PROXIES_GONE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound
from pileus.kernel.store import Row
from pileus.network.service import Proxied

_EMPTY = (
    "cidr",
    "netmask",
    "gateway",
    "broadcast",
    "dns1",
    "dns2",
    "cidr_v6",
    "gateway_v6",
    "netmask_v6",
)
_EMPTY_FOR_ADMINISTRATORS = (
    "created_at",
    "updated_at",
    "deleted_at",
    "deleted",
    "injected",
    "bridge",
    "vlan",
    "vpn_public_address",
    "vpn_public_port",
    "vpn_private_address",
    "dhcp_start",
    "project_id",
    "host",
    "bridge_interface",
    "multi_host",
    "priority",
    "rxtx_base",
    "mtu",
    "dhcp_server",
    "enable_dhcp",
    "share_address",
)


async def _one(network: Proxied, call: Call, id: str) -> Row:
    for row in await network.networks(call.tx, call.who):
        if row["id"] == id:
            return row
    raise NotFound("Network not found")


@resource("/os-networks", policy="os_compute_api:os-networks:%s", until=PROXIES_GONE)
class Networks:
    """Networks with what was known of them when compute had its own."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    def _shown(self, call: Call, row: Row) -> dict[str, Any]:
        names = (*_EMPTY, *_EMPTY_FOR_ADMINISTRATORS) if call.who.is_admin else _EMPTY
        return {"id": row["id"], "label": row["name"], **dict.fromkeys(names)}

    @get(rule="list", allow=READER_OR_ADMIN)
    async def index(self, call: Call) -> dict[str, Any]:
        """List networks."""
        return {"networks": [self._shown(call, row) for row in await self._network.networks(call.tx, call.who)]}

    @get("/{id}", rule="show", allow=READER_OR_ADMIN)
    async def show(self, call: Call, id: str) -> dict[str, Any]:
        """Show a network."""
        return {"network": self._shown(call, await _one(self._network, call, id))}


@resource("/os-tenant-networks", policy="os_compute_api:os-tenant-networks:%s", until=PROXIES_GONE)
class TenantNetworks:
    """The project's networks."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    def _shown(self, row: Row) -> dict[str, Any]:
        return {"id": row["id"], "cidr": "None", "label": row["name"]}

    @get(rule="list", allow=READER_OR_ADMIN)
    async def index(self, call: Call) -> dict[str, Any]:
        """List networks."""
        return {"networks": [self._shown(row) for row in await self._network.networks(call.tx, call.who)]}

    @get("/{id}", rule="show", allow=READER_OR_ADMIN)
    async def show(self, call: Call, id: str) -> dict[str, Any]:
        """Show a network."""
        return {"network": self._shown(await _one(self._network, call, id))}
