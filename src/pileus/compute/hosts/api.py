"""The operations on hosts, until 2.42."""

from typing import Any

from pileus.compute.hosts.logic import resources
from pileus.compute.hosts.schema import HostQuery
from pileus.compute.rules import ADMIN
from pileus.compute.services.logic import listed
from pileus.compute.settings import ComputeSettings
from pileus.compute.versions import HOSTS_GONE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource


@resource("/os-hosts", policy="os_compute_api:os-hosts:%s", until=HOSTS_GONE)
class Hosts:
    """The machines of the cloud."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings

    @get(rule="list", allow=ADMIN, query=HostQuery)
    async def index(self, call: Call) -> dict[str, Any]:
        """List hosts, once for each service on them."""
        zone, topic = call.query.get("zone"), call.query.get("service")
        services = await listed(call.tx, call.world.clock.now(), self._settings)
        return {
            "hosts": [
                {"host_name": row["host"], "service": row["topic"], "zone": row["zone"]}
                for row in services
                if zone in {None, row["zone"]} and topic in {None, row["topic"]}
            ]
        }

    @get("/{name}", rule="show", allow=ADMIN)
    async def show(self, call: Call, name: str) -> dict[str, Any]:
        """Show what a host has and what is used of it."""
        return {"host": await resources(call.tx, name)}
