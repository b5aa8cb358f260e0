"""Windows of lists, the links to their neighbours, and the links of single resources."""

from typing import Any
from urllib.parse import urlencode

from pileus.kernel.api.call import Call

MOST = 1000
"""Entries of one page at the most, whatever was asked for."""


def window(call: Call) -> tuple[int, str | None]:
    """The (limit, marker) of a request's query string."""
    return min(call.query.get("limit", MOST), MOST), call.query.get("marker")


def neighbours(call: Call, plural: str, after: str | None, _before: str | None) -> dict[str, Any]:
    """What stands beside a list: `<plural>_links` with the address of the next page, nothing on the last one."""
    if after is None:
        return {}
    path = call.request.url.path.removeprefix(call.service.prefix)
    params = [(name, value) for name, value in call.params if name != "marker"]
    query = urlencode([*params, ("marker", after)])
    return {f"{plural}_links": [{"rel": "next", "href": f"{call.bookmark()}{path}?{query}"}]}


def links(call: Call, *segments: str) -> list[dict[str, str]]:
    """The links of one resource: with the version in the path, and without."""
    return [
        {"rel": "self", "href": call.url(*segments)},
        {"rel": "bookmark", "href": call.bookmark(*segments)},
    ]
