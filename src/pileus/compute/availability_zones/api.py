"""The operations on availability zones."""

from typing import Any

from pileus.compute.availability_zones.logic import described
from pileus.compute.rules import ADMIN, ANYBODY
from pileus.compute.settings import ComputeSettings
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource


@resource("/os-availability-zone", policy="os_compute_api:os-availability-zone:%s")
class AvailabilityZones:
    """Where servers can be."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings

    @get(rule="list", allow=ANYBODY)
    async def index(self, call: Call) -> dict[str, Any]:
        """List zones."""
        zones = await described(call.tx, call.world.clock.now(), self._settings, detailed=False)
        return {"availabilityZoneInfo": zones}

    @get("/detail", rule="detail", allow=ADMIN)
    async def detail(self, call: Call) -> dict[str, Any]:
        """List zones with their hosts."""
        zones = await described(call.tx, call.world.clock.now(), self._settings, detailed=True)
        return {"availabilityZoneInfo": zones}
