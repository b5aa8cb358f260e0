"""The operations on floating IPs and the pools that they come from, until 2.35."""

from typing import Any

from pileus.compute.floating_ips.schema import NewFloatingIp
from pileus.compute.rules import ANYBODY, MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.security_groups.logic import in_words_of_compute
from pileus.compute.versions import PROXIES_GONE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.errors import NotFound
from pileus.network.service import FloatingRecord, Proxied


def _shown(record: FloatingRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "ip": record.address,
        "pool": record.pool,
        "fixed_ip": record.fixed_ip or None,
        "instance_id": record.device_id or None,
    }


@resource("/os-floating-ips", policy="os_compute_api:os-floating-ips:%s", until=PROXIES_GONE)
class FloatingIps:
    """Addresses that lead to servers from outside."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    async def _one(self, call: Call, id: str) -> FloatingRecord:
        for record in await self._network.floating_ips(call.tx, call.who):
            if record.id == id:
                return record
        raise NotFound(f"Floating IP not found for ID {id}")

    @get(rule="list", allow=READER_OR_ADMIN)
    async def index(self, call: Call) -> dict[str, Any]:
        """List floating IPs."""
        return {"floating_ips": [_shown(r) for r in await self._network.floating_ips(call.tx, call.who)]}

    @get("/{id}", rule="show", allow=READER_OR_ADMIN)
    async def show(self, call: Call, id: str) -> dict[str, Any]:
        """Show a floating IP."""
        return {"floating_ip": _shown(await self._one(call, id))}

    @post(rule="create", allow=MEMBER_OR_ADMIN, status=200, body=NewFloatingIp)
    async def create(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Take a floating IP."""
        try:
            with in_words_of_compute():
                made = await self._network.make_floating_ip(call, body.get("pool") or "")
        except NotFound as error:
            raise NotFound("Floating IP pool not found.") from error
        return {"floating_ip": _shown(made)}

    @delete("/{id}", rule="delete", allow=MEMBER_OR_ADMIN, status=202)
    async def delete(self, call: Call, id: str) -> None:
        """Give a floating IP back."""
        await self._one(call, id)
        await self._network.drop_floating_ip(call.tx, call.who, id)


@resource(
    "/os-floating-ip-pools",
    policy="os_compute_api:os-floating-ip-pools%s",
    until=PROXIES_GONE,
    rights={"": (ANYBODY, "List the pools of floating IPs.")},
)
class FloatingIpPools:
    """Networks that floating IPs come from."""

    def __init__(self, network: Proxied) -> None:
        self._network = network

    @get()
    async def index(self, call: Call) -> dict[str, Any]:
        """List pools."""
        call.must("")
        names = await self._network.floating_pools(call.tx, call.who)
        return {"floating_ip_pools": [{"name": name} for name in names]}
