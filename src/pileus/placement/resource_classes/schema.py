"""Bodies of resource classes."""

from typing import Any

from pileus.kernel.api.document import Document
from pileus.placement.allocations.schema import closed


def name_json(_version: int) -> dict[str, Any]:
    """A custom class."""
    return closed({"name": {"type": "string", "pattern": "^CUSTOM_[A-Z0-9_]+$", "maxLength": 255}}, "name")


class CustomClass(Document):
    """A custom resource class."""

    shape = staticmethod(name_json)
