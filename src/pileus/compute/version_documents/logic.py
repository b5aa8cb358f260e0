"""What the version documents say.  Source: API-ref, "API Versions"; clients compare the `self` links."""

from typing import Any

from pileus.compute.versions import COMPUTE
from pileus.kernel.api.versions import text

_KNOWN = {
    "v2.0": {"path": "v2", "status": "DEPRECATED", "updated": "2025-07-04T12:00:00Z", "media": "2"},
    "v2.1": {"path": "v2.1", "status": "CURRENT", "updated": "2013-07-23T11:33:21Z", "media": "2.1"},
}


def entry(base: str, id: str) -> dict[str, Any]:
    """A version in the list.

    Args:
        base: the service's public address, without a trailing slash.
        id: "v2.0" or "v2.1".
    """
    known = _KNOWN[id]
    has_microversions = id == "v2.1"
    return {
        "id": id,
        "status": known["status"],
        "version": text(COMPUTE.maximum) if has_microversions else "",
        "min_version": text(COMPUTE.minimum) if has_microversions else "",
        "updated": known["updated"],
        "links": [{"rel": "self", "href": f"{base}/{known['path']}/"}],
    }


def document(base: str, id: str) -> dict[str, Any]:
    """A version alone, with its media type."""
    made = entry(base, id)
    made["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    media = f"application/vnd.openstack.compute+json;version={_KNOWN[id]['media']}"
    return {**made, "media-types": [{"base": "application/json", "type": media}]}


def entries(base: str) -> list[dict[str, Any]]:
    """All versions, oldest first."""
    return [entry(base, version) for version in _KNOWN]
