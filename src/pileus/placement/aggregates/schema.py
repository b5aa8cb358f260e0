"""Bodies of a provider's aggregates."""

from typing import Any

from pileus.kernel.api.document import Document
from pileus.placement.versions import AGGREGATES_GENERATION


def aggregates_json(version: int) -> dict[str, Any]:
    """A bare list at first, later beside the provider's generation."""
    listed = {"type": "array", "items": {"type": "string", "format": "uuid-like"}, "uniqueItems": True}
    if not AGGREGATES_GENERATION.applies(version):
        return listed
    return {
        "type": "object",
        "properties": {"aggregates": listed, "resource_provider_generation": {"type": "integer"}},
        "required": ["aggregates", "resource_provider_generation"],
        "additionalProperties": False,
    }


class AggregateIds(Document):
    """The aggregates that a provider shall belong to."""

    shape = staticmethod(aggregates_json)
