"""Bodies of inventories."""

from typing import Any

from pileus.kernel.api.document import Document
from pileus.placement.allocations.schema import CLASS_NAME, closed

Json = dict[str, Any]

_MOST = 2147483647
_LARGEST_FLOAT = 3.40282e38

_GENERATION = {"resource_provider_generation": {"type": "integer"}}
_PROPERTIES: Json = {
    **_GENERATION,
    "total": {"type": "integer", "minimum": 1, "maximum": _MOST},
    "reserved": {"type": "integer", "minimum": 0, "maximum": _MOST},
    "min_unit": {"type": "integer", "minimum": 1, "maximum": _MOST},
    "max_unit": {"type": "integer", "minimum": 1, "maximum": _MOST},
    "step_size": {"type": "integer", "minimum": 1, "maximum": _MOST},
    "allocation_ratio": {"type": "number", "maximum": _LARGEST_FLOAT},
}


def all_json(_version: int) -> Json:
    """Every inventory of a provider, by resource class."""
    entry = closed(_PROPERTIES, "total")
    # as in the original, what lies under keys that are no names of classes is not looked at here
    inventories = {"type": "object", "patternProperties": {CLASS_NAME: entry}}
    return closed({**_GENERATION, "inventories": inventories}, "resource_provider_generation", "inventories")


def new_json(_version: int) -> Json:
    """An inventory of a class that the provider has none of yet."""
    name = {"type": "string", "pattern": CLASS_NAME}
    return closed({**_PROPERTIES, "resource_class": name}, "total", "resource_class")


def one_json(_version: int) -> Json:
    """One inventory."""
    return closed(_PROPERTIES, "total", "resource_provider_generation")


class AllInventories(Document):
    """Every inventory of a provider."""

    shape = staticmethod(all_json)


class NewInventory(Document):
    """An inventory that the provider has not had."""

    shape = staticmethod(new_json)


class OneInventory(Document):
    """One inventory."""

    shape = staticmethod(one_json)
