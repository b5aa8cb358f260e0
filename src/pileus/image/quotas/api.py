"""A project's use of images on the wire."""

from typing import Any

from pileus.image.quotas.logic import Quotas
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource


@resource("/info/usage")
class UsageResource:
    """How much of its limits the caller's project uses."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    @get(returns=None, many=False)
    async def show(self, call: Call) -> dict[str, Any]:
        """Show the limits and the usage of the caller's project."""
        return {"usage": await self._quotas.usage(call.tx, call.who.project_id)}
