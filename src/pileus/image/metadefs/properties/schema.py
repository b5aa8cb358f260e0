"""The fields of a metadata definition property: those of a small part of JSON Schema."""

from typing import Any

from pileus.image.metadefs.property_types import attributes
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

_JSON = attributes()


def _attribute(name: str, doc: str, **options: Any) -> f.Field:
    """One attribute of the description, left out of answers where it was not given."""
    return f.anything(doc, _JSON[name], wire=name, show=lambda row, _call: row.get(name, f.UNSET), **options)


class MetadefProperty(Schema, key="", plural="properties", history=IMAGE):
    """What a property means, and which values it takes."""

    name = _attribute("name", "Its name within the namespace.", required=True)
    title = _attribute("title", "Its name for people.", required=True)
    description = _attribute("description", "What it means.")
    operators = _attribute("operators", "The comparisons that its values may start with.")
    type = _attribute("type", "The type of its values.", required=True)
    required = f.anything("Taken and not kept.", _JSON["required"], write_only=True)
    minimum = _attribute("minimum", "The least number.")
    maximum = _attribute("maximum", "The greatest number.")
    max_length = _attribute("maxLength", "Characters at the most.")
    min_length = _attribute("minLength", "Characters at the least.")
    pattern = _attribute("pattern", "The regular expression that texts match.")
    enum = _attribute("enum", "All values that there are.")
    readonly = _attribute("readonly", "Whether users cannot set it.")
    default = _attribute("default", "What its absence means.")
    items = _attribute("items", "What the elements of an array are.")
    max_items = _attribute("maxItems", "Elements at the most.")
    min_items = _attribute("minItems", "Elements at the least.")
    unique_items = _attribute("uniqueItems", "Whether no two elements are the same.")
    additional_items = _attribute("additionalItems", "Whether there may be further elements.")
