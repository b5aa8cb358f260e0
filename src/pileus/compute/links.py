"""The links beside Nova's lists: `servers_links` and its like."""

from typing import Any
from urllib.parse import urlencode


def page_links(call: Any, plural: str, following: str | None, _previous: str | None) -> dict[str, Any]:
    """The link to the next page: the request's own address with the marker moved on; nothing on the last page."""
    if following is None:
        return {}
    params = [(name, value) for name, value in call.params if name != "marker"]
    query = urlencode([*params, ("marker", following)])
    path = call.request.url.path
    prefix = call.service.prefix
    below = path[path.index(prefix) + len(prefix) :] if prefix in path else path
    return {f"{plural}_links": [{"rel": "next", "href": f"{call.base}{below}?{query}"}]}
