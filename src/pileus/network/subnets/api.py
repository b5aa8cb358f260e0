"""`/subnets`."""

from typing import Any

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network.errors import NetworkNotFound, OverQuota, SubnetInUse, SubnetNotFound
from pileus.network.networks.api import LISTING as NETWORK_LISTING
from pileus.network.rules import ADMIN_OR_NET_MEMBER, MEMBER_OR_NET_MEMBER, SUBNET_READER
from pileus.network.standard.logic import Listing, check_revision, owner
from pileus.network.subnets.logic import Subnets, visible
from pileus.network.subnets.schema import Subnet
from pileus.network.subnets.table import SUBNETS

LISTING = Listing(SUBNETS, Subnet, lambda call: visible(call.who))


@resource("/subnets", schema=Subnet)
class SubnetApi:
    """Prefixes on networks."""

    def __init__(self, logic: Subnets) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await LISTING.find(call, id)
        if row is None:
            raise SubnetNotFound(id=id)
        return row

    async def _network(self, call: Call, id: str) -> Row:
        network = await NETWORK_LISTING.find(call, id)
        if network is None:
            raise NetworkNotFound(id=id)
        return network

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        if row is not None:
            return row
        if not isinstance(body, dict):
            return call.own()
        network = await self._network(call, body["network_id"])
        return {"project_id": owner(call, body), "network:project_id": network["project_id"]}

    @get(rule="get_subnet", allow=SUBNET_READER)
    async def list(self, call: Call) -> Page:
        """List subnets."""
        return await LISTING.page(call)

    @get("/{id}", rule="get_subnet", allow=SUBNET_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a subnet."""
        return row

    @post(rule="create_subnet", allow=ADMIN_OR_NET_MEMBER, raises=(OverQuota,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a subnet."""
        network = await self._network(call, body["network_id"])
        return await self._logic.create(call, owner(call, body), network, body)

    @put("/{id}", rule="update_subnet", allow=MEMBER_OR_NET_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a subnet."""
        check_revision(call, row)
        return await self._logic.update(call, row, await self._network(call, row["network_id"]), body)

    @delete("/{id}", rule="delete_subnet", allow=MEMBER_OR_NET_MEMBER, raises=(SubnetInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a subnet."""
        check_revision(call, row)
        await self._logic.delete(call, row)
