"""The body of the reshaper."""

from typing import Any

from pileus.kernel.api.document import Document
from pileus.placement.allocations.schema import UUID_KEY, closed, keyed, many_json
from pileus.placement.inventories.schema import all_json


def reshape_json(version: int) -> dict[str, Any]:
    """Inventories by provider, and allocations by consumer."""
    inventories = keyed(UUID_KEY, all_json(version), 1)
    return closed({"inventories": inventories, "allocations": many_json(version, 0)}, "inventories", "allocations")


class NewShape(Document):
    """Inventories of some providers and allocations of some consumers, all at once."""

    shape = staticmethod(reshape_json)
