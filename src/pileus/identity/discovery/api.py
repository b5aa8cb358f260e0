"""The documents that tell clients which versions there are."""

from typing import Any

import msgspec

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource

_MEDIA = {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
_UPDATED = "2020-04-07T00:00:00Z"


def version(base: str) -> dict[str, Any]:
    """The only version, as both documents show it."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": _UPDATED,
        "links": [{"rel": "self", "href": f"{base}/v3/"}],
        "media-types": [_MEDIA],
    }


def versions(base: str) -> bytes:
    """The list of versions at an address."""
    return msgspec.json.encode({"versions": {"values": [version(base)]}})


@resource("!")
class Discovery:
    """Versions."""

    @get("/", public=True, transaction="none", returns=None, many=False)
    async def choices(self, call: Call) -> Answer:
        """List the versions."""
        headers = {"Content-Type": "application/json", "Vary": "X-Auth-Token", "Location": f"{call.base}/v3/"}
        return Answer(300, headers, versions(call.base))

    @get("/v3", public=True, transaction="none", returns=None, many=False)
    async def show(self, call: Call) -> Answer:
        """Show the version."""
        headers = {"Content-Type": "application/json", "Vary": "X-Auth-Token"}
        return Answer(200, headers, msgspec.json.encode({"version": version(call.base)}))
