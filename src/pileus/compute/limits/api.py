"""The operation that shows limits."""

from typing import Any

from pileus.compute.limits.schema import LimitsQuery, LimitsShown
from pileus.compute.quotas.logic import limits, usage
from pileus.compute.rules import ADMIN, ANYBODY
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource


@resource(
    "/limits",
    schema=LimitsShown,
    policy="os_compute_api:limits%s",
    rights={
        "": (ANYBODY, "Show the limits of the caller's project."),
        ":other_project": (ADMIN, "Show the limits of another project."),
    },
)
class Limits:
    """What a project may have and has."""

    @get(query=LimitsQuery, many=False)
    async def show(self, call: Call) -> dict[str, Any]:
        """Show limits."""
        call.must("")
        project_id = call.query.get("tenant_id", call.who.project_id)
        if "tenant_id" in call.query:
            call.must(":other_project")
        used = await usage(call.tx, project_id)
        most = await limits(call.tx, project_id)
        return {"absolute": {**most, **{f"{name}_used": count for name, count in used.items()}}}
