"""The operations on hypervisors."""

from typing import Any

from pileus.compute.hypervisors import logic
from pileus.compute.hypervisors.schema import (
    Hypervisor,
    HypervisorName,
    HypervisorQuery,
    HypervisorUptime,
    WithServers,
)
from pileus.compute.pages.logic import window
from pileus.compute.rules import ADMIN
from pileus.compute.services.api import UUID
from pileus.compute.settings import ComputeSettings
from pileus.compute.versions import HYPERVISOR_PAGES, NO_HYPERVISOR_FIGURES, UUIDS_FOR_SERVICES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest, NotFound, NotSupported
from pileus.kernel.store import Row


def _key(call: Call) -> str:
    return "uuid" if call.applies(UUIDS_FOR_SERVICES) else "id"


@resource("/os-hypervisors", schema=Hypervisor, policy="os_compute_api:os-hypervisors:%s")
class Hypervisors:
    """What servers run on."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings

    async def _nodes(self, call: Call) -> list[Row]:
        return await logic.listed(call.tx, call.world.clock.now(), self._settings)

    async def _one(self, call: Call, id: str) -> Row:
        if call.applies(UUIDS_FOR_SERVICES) and not UUID.fullmatch(id):
            raise BadRequest(f"Invalid uuid {id}")
        for node in await self._nodes(call):
            if str(node[_key(call)]) == id:
                return node
        raise NotFound(f"Hypervisor with ID '{id}' could not be found.")

    async def _matching(self, call: Call, pattern: str) -> list[Row]:
        found = [node for node in await self._nodes(call) if pattern in node["hypervisor_hostname"]]
        if not found:
            raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
        return found

    async def _page(self, call: Call) -> Page:
        pattern = call.query.get("hypervisor_hostname_pattern")
        if pattern and ("limit" in call.query or "marker" in call.query):
            raise BadRequest(
                "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported."
            )
        nodes = await self._matching(call, pattern) if pattern else await self._nodes(call)
        after = None
        if call.applies(HYPERVISOR_PAGES):
            limit, marker = window(call)
            keys = [str(node[_key(call)]) for node in nodes]
            if marker is not None:
                if marker not in keys:
                    raise BadRequest(f"Marker {marker} could not be found.")
                nodes = nodes[keys.index(marker) + 1 :]
            if len(nodes) > limit:
                nodes = nodes[:limit]
                after = str(nodes[-1][_key(call)]) if nodes else None
        if call.query.get("with_servers"):
            nodes = await logic.with_servers(call.tx, nodes)
        return Page(nodes, next=after)

    @get(rule="list", allow=ADMIN, query=HypervisorQuery, returns=HypervisorName)
    async def index(self, call: Call) -> Page:
        """List hypervisors."""
        return await self._page(call)

    @get("/detail", rule="list-detail", allow=ADMIN, query=HypervisorQuery, many=True)
    async def detail(self, call: Call) -> Page:
        """List hypervisors with details."""
        return await self._page(call)

    @get("/statistics", rule="statistics", allow=ADMIN, returns=None, until=NO_HYPERVISOR_FIGURES)
    async def statistics(self, call: Call) -> dict[str, Any]:
        """Show the sums over all hypervisors."""
        return {"hypervisor_statistics": logic.statistics(await self._nodes(call))}

    @get("/{id}", rule="show", allow=ADMIN, query=WithServers)
    async def show(self, call: Call, id: str) -> Row:
        """Show a hypervisor."""
        node = await self._one(call, id)
        if call.query.get("with_servers"):
            (node,) = await logic.with_servers(call.tx, [node])
        return node

    @get("/{id}/uptime", rule="uptime", allow=ADMIN, returns=HypervisorUptime, until=NO_HYPERVISOR_FIGURES)
    async def uptime(self, call: Call, id: str) -> Row:
        """Show how long a hypervisor has been up."""
        node = await self._one(call, id)
        if node["uptime"] is None:
            raise NotSupported("The requested functionality is not supported.")
        return node

    @get("/{id}/search", rule="search", allow=ADMIN, returns=HypervisorName, until=UUIDS_FOR_SERVICES)
    async def search(self, call: Call, id: str) -> Page:
        """List the hypervisors with that text in their names."""
        return Page(await self._matching(call, id))

    @get("/{id}/servers", rule="servers", allow=ADMIN, returns=HypervisorName, until=UUIDS_FOR_SERVICES)
    async def servers(self, call: Call, id: str) -> Page:
        """List them with what runs there."""
        return Page(await logic.with_servers(call.tx, await self._matching(call, id)))
