"""The operations on extensions."""

from typing import Any

from pileus.compute.extensions.logic import EXTENSIONS
from pileus.compute.rules import ANYBODY
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound


@resource(
    "/extensions",
    policy="os_compute_api:extensions%s",
    rights={"": (ANYBODY, "See the list of extensions.")},
)
class Extensions:
    """What became part of the API long ago."""

    @get()
    async def index(self, call: Call) -> dict[str, Any]:
        """List extensions."""
        call.must("")
        return {"extensions": list(EXTENSIONS.values())}

    @get("/{alias}")
    async def show(self, call: Call, alias: str) -> dict[str, Any]:
        """Show an extension."""
        call.must("")
        if alias not in EXTENSIONS:
            raise NotFound
        return {"extension": EXTENSIONS[alias]}
