"""`/networks`."""

from typing import Any

from sqlalchemy import or_

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.fields import truth
from pileus.kernel.store import Row
from pileus.network.errors import NetworkInUse, NetworkNotFound, OverQuota
from pileus.network.networks.logic import Networks, complete, shared_with, visible
from pileus.network.networks.schema import Network
from pileus.network.networks.table import NETWORKS
from pileus.network.rules import ADMIN_OR_MEMBER, NETWORK_READER
from pileus.network.standard.logic import Listing, check_revision, owner


def _shared(call: Call, values: list[str]) -> Any:
    wanted = {truth(value) for value in values}
    term = shared_with(call.who)
    return or_(*(term if value else ~term for value in wanted))


def target_of(network: Row) -> dict[str, Any]:
    """What rules about a network look at."""
    return {
        **network,
        "tenant_id": network["project_id"],
        "network:project_id": network["project_id"],
        "network:tenant_id": network["project_id"],
        "router:external": network["external"],
    }


LISTING = Listing(NETWORKS, Network, lambda call: visible(call.who), {"shared": _shared})


@resource("/networks", schema=Network)
class NetworkApi:
    """Broadcast domains that ports are on."""

    def __init__(self, logic: Networks, zone: str) -> None:
        self._logic = logic
        self._zone = zone

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await LISTING.find(call, id)
        if row is None:
            raise NetworkNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        if row is not None:
            return target_of(row)
        project = owner(call, body) if isinstance(body, dict) else call.who.project_id
        return {"project_id": project, "tenant_id": project}

    @get(rule="get_network", allow=NETWORK_READER)
    async def list(self, call: Call) -> Page:
        """List networks."""
        found = await LISTING.page(call)
        await complete(call.tx, list(found.rows), self._zone)
        return found

    @get("/{id}", rule="get_network", allow=NETWORK_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a network."""
        return (await complete(call.tx, [row], self._zone))[0]

    @post(rule="create_network", allow=ADMIN_OR_MEMBER, raises=(OverQuota,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a network."""
        row = await self._logic.create(call, owner(call, body), body)
        return (await complete(call.tx, [row], self._zone))[0]

    @put("/{id}", rule="update_network", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a network."""
        check_revision(call, row)
        row = await self._logic.update(call, row, body)
        return (await complete(call.tx, [row], self._zone))[0]

    @delete("/{id}", rule="delete_network", allow=ADMIN_OR_MEMBER, raises=(NetworkInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a network."""
        check_revision(call, row)
        await self._logic.delete(call, row)
