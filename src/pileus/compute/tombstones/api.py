"""The operations that are gone."""

from typing import Any, NoReturn

from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import Gone

GONE = {
    "/os-agents": ("GET", "POST"),
    "/os-agents/{id}": ("PUT", "DELETE"),
    "/os-cells": ("GET", "POST"),
    "/os-cells/capacities": ("GET",),
    "/os-cells/detail": ("GET",),
    "/os-cells/info": ("GET",),
    "/os-cells/sync_instances": ("POST",),
    "/os-cells/{id}": ("GET", "PUT", "DELETE"),
    "/os-cells/{id}/capacities": ("GET",),
    "/os-certificates": ("POST",),
    "/os-certificates/{id}": ("GET",),
    "/os-cloudpipe": ("GET", "POST"),
    "/os-cloudpipe/{id}": ("PUT",),
    "/os-fixed-ips/{id}": ("GET",),
    "/os-fixed-ips/{id}/action": ("POST",),
    "/os-floating-ip-dns": ("GET",),
    "/os-floating-ip-dns/{id}": ("PUT", "DELETE"),
    "/os-floating-ip-dns/{domain_id}/entries/{id}": ("GET", "PUT", "DELETE"),
    "/os-floating-ips-bulk": ("GET", "POST"),
    "/os-floating-ips-bulk/{id}": ("GET", "PUT"),
    "/os-fping": ("GET",),
    "/os-fping/{id}": ("GET",),
    "/os-networks": ("POST",),
    "/os-networks/add": ("POST",),
    "/os-networks/{id}": ("DELETE",),
    "/os-networks/{id}/action": ("POST",),
    "/os-security-group-default-rules": ("GET", "POST"),
    "/os-security-group-default-rules/{id}": ("GET", "DELETE"),
    "/os-tenant-networks": ("POST",),
    "/os-tenant-networks/{id}": ("DELETE",),
    "/servers/{server_id}/consoles": ("GET", "POST"),
    "/servers/{server_id}/consoles/{id}": ("GET", "DELETE"),
    "/servers/{server_id}/os-virtual-interfaces": ("GET",),
}
"""The verbs of each path that is gone.  Source: the API-ref's section of obsolete APIs."""


_MARKS: dict[str, Any] = {
    "GET": get("", transaction="none"),
    "POST": post("", raw=True, transaction="none"),
    "PUT": put("", raw=True, transaction="none"),
    "DELETE": delete("", transaction="none"),
}


def _gone(verb: str) -> Any:
    """An operation that answers 410."""

    async def answer(*_: object) -> NoReturn:
        """Gone."""
        raise Gone

    answer.__name__ = verb.lower()
    return _MARKS[verb](answer)


def tombstones() -> list[Any]:
    """A resource object for each path that is gone."""
    made = []
    for path, verbs in GONE.items():
        grave = type("Tombstone", (), {verb.lower(): _gone(verb) for verb in verbs})
        made.append(resource(path)(grave)())
    return made
