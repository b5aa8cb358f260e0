"""The operations on hosts, until 2.42."""

from typing import Any

from pileus.compute.hosts.logic import resources
from pileus.compute.hosts.schema import HostChange, HostQuery
from pileus.compute.rules import ADMIN
from pileus.compute.services.logic import COMPUTE_BINARY, decide, find, listed
from pileus.compute.settings import ComputeSettings
from pileus.compute.versions import HOSTS_GONE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, put, resource
from pileus.kernel.api.errors import BadRequest, NotSupported


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
                if zone in {None, "", row["zone"]} and topic in {None, "", row["topic"]}
            ]
        }

    @get("/{name}", rule="show", allow=ADMIN)
    async def show(self, call: Call, name: str) -> dict[str, Any]:
        """Show what a host has and what is used of it."""
        return {"host": await resources(call.tx, name)}

    @put("/{name}", rule="update", allow=ADMIN, body=HostChange, kind="create", returns=None)
    async def update(self, call: Call, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Let servers be put on a host, or not."""
        if not body:
            raise BadRequest("Invalid input for field/attribute body. Value: {}. {} does not have enough properties")
        service = await find(call.tx, {"host": name, "binary": COMPUTE_BINARY})
        if "maintenance_mode" in body:
            raise NotSupported("The requested functionality is not supported.")
        disabled = body["status"] == "disable"
        await decide(call.tx, call.world, service, {"disabled": disabled, "disabled_reason": None})
        return {"host": name, "status": "disabled" if disabled else "enabled"}

    async def _power(self, call: Call, name: str) -> None:
        await find(call.tx, {"host": name, "binary": COMPUTE_BINARY})
        raise NotSupported("The requested functionality is not supported.")

    @get("/{name}/startup", rule="start", allow=ADMIN)
    async def startup(self, call: Call, name: str) -> None:
        """Switch a machine on; no hypervisor here can."""
        await self._power(call, name)

    @get("/{name}/shutdown", rule="shutdown", allow=ADMIN)
    async def shutdown(self, call: Call, name: str) -> None:
        """Switch a machine off; no hypervisor here can."""
        await self._power(call, name)

    @get("/{name}/reboot", rule="reboot", allow=ADMIN)
    async def reboot(self, call: Call, name: str) -> None:
        """Restart a machine; no hypervisor here can."""
        await self._power(call, name)
