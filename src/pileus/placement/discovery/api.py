"""The version document at the service's root."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.versions import text
from pileus.placement.versions import PLACEMENT, not_cached


@resource("!/")
class VersionDocument:
    """Which versions there are."""

    @get(public=True, transaction="none", many=False)
    async def show(self, call: Call) -> dict[str, Any]:
        """Show the versions; needs no token."""
        not_cached(call)
        oldest, newest = text(PLACEMENT.minimum), text(PLACEMENT.maximum)
        entry = {"id": f"v{oldest}", "min_version": oldest, "max_version": newest, "status": "CURRENT"}
        return {"versions": [{**entry, "links": [{"rel": "self", "href": ""}]}]}
