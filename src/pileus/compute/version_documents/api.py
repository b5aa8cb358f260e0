"""The operations that show versions; everybody may ask."""

from typing import Any

from pileus.compute.version_documents.logic import document, entries
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource


@resource("!")
class VersionDocuments:
    """Which versions of compute there are."""

    @get("/", public=True, transaction="none")
    async def index(self, call: Call) -> dict[str, Any]:
        """List the versions."""
        return {"versions": entries(call.base)}

    @get("/v2", public=True, transaction="none")
    async def old(self, call: Call) -> dict[str, Any]:
        """Show version 2.0, which is what 2.1 is without microversions."""
        return {"version": document(call.base, "v2.0")}

    @get("/v2.1", public=True, transaction="none")
    async def current(self, call: Call) -> dict[str, Any]:
        """Show version 2.1 with its range of microversions."""
        return {"version": document(call.base, "v2.1")}
