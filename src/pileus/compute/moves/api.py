"""The operation that lists migrations."""

from typing import Any

from pileus.compute.moves.schema import MigrationQuery
from pileus.compute.rules import ADMIN, MANAGER_OR_ADMIN
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest


@resource(
    "/os-migrations",
    policy="os_compute_api:os-migrations:%s",
    rights={
        "index:all_projects": (ADMIN, "List the migrations of every project."),
        "index:host": (ADMIN, "See the hosts of migrations."),
    },
)
class Migrations:
    """Servers on their way from host to host."""

    @get(rule="index", allow=MANAGER_OR_ADMIN, query=MigrationQuery)
    async def index(self, call: Call) -> dict[str, Any]:
        """List migrations."""
        if call.query.get("marker"):
            raise BadRequest(f"Marker {call.query['marker']} could not be found.")
        return {"migrations": []}
