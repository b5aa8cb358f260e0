"""Every operation of every service, as declared, with an address that exists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.seeds import template, values

from pileus.cloud.assembly import declared
from pileus.kernel.api.declare import Operation, Service

SERVICES = tuple(service.type for service in declared())
"""The types of all services there are."""


@dataclass(frozen=True, slots=True)
class Target:
    """One operation.

    Attributes:
        name: method, path, and the action's name; unique in the service, but for versions.
        url: its address, with ids that exist.
        version: the newest version that has it.
    """

    service: Service
    operation: Operation
    name: str
    url: str
    version: int

    @property
    def headers(self) -> dict[str, str]:
        """What asks for the version."""
        from pileus.kernel.api.versions import text

        history = self.service.history
        shown = f"{history.service} {text(self.version)}"
        return {"OpenStack-API-Version": shown} if history.has_versions else {}


def targets(cloud: FuzzCloud, type: str) -> Iterator[Target]:
    """The operations of a service."""
    service = cloud.service(type)
    for item in service.resources:
        for operation in item.declared.operations:
            path = template(service, operation)
            known = values(cloud, service, operation)
            url = service.prefix + re.sub(r"\{([a-z_]+)\}", lambda m: known[m[1]], path)  # noqa: B023
            history = service.history
            version = history.maximum
            if operation.until is not None:
                below = [history.minimum, *(c.number for c in history.changes if c.number < operation.until.number)]
                version = max(below)
            name = f"{operation.method} {path} {operation.action}".strip()
            yield Target(service, operation, name, url, version)
