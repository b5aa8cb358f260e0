"""How a property is described: a small part of JSON Schema.

Source: Glance's metadefs schemas.  Bodies are validated by the definitions written out, since their root is not the
document's; the documents about schemas refer to them.
"""

from typing import Any

TYPES = ["array", "boolean", "integer", "number", "object", "string", None]
_POSITIVE: dict[str, Any] = {"type": "integer", "minimum": 0}
_REFERENCE = "#/definitions/"


def definitions() -> dict[str, Any]:
    """The definitions that the documents refer to."""
    return {
        "positiveInteger": _POSITIVE,
        "positiveIntegerDefault0": {"allOf": [{"$ref": _REFERENCE + "positiveInteger"}, {"default": 0}]},
        "stringArray": string_array(),
        "property": {"type": "object", "additionalProperties": property_json(refer=True)},
    }


def string_array() -> dict[str, Any]:
    """A list of different strings."""
    return {"type": "array", "items": {"type": "string"}, "uniqueItems": True}


def attributes(*, refer: bool = False) -> dict[str, Any]:
    """The JSON Schemas of a property's own attributes.

    Args:
        refer: whether to refer to definitions instead of writing them out.
    """

    def defined(name: str, written: dict[str, Any]) -> dict[str, Any]:
        return {"$ref": _REFERENCE + name} if refer else written

    positive = defined("positiveInteger", _POSITIVE)
    from_zero = defined("positiveIntegerDefault0", _POSITIVE)
    return {
        "name": {"type": "string", "maxLength": 80},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "operators": {"type": "array", "items": {"type": "string"}},
        "type": {"type": "string", "enum": TYPES} if refer else {"enum": TYPES[:-1]},
        "required": defined("stringArray", string_array()),
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "maxLength": positive,
        "minLength": from_zero,
        "pattern": {"type": "string", "format": "regex"} if refer else {"type": "string"},
        "enum": {"type": "array"},
        "readonly": {"type": "boolean"},
        "default": {},
        "items": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": TYPES} if refer else {"enum": TYPES[:-1]},
                "enum": {"type": "array"},
            },
            **({} if refer else {"required": ["type"], "additionalProperties": False}),
        },
        "maxItems": positive,
        "minItems": from_zero,
        "uniqueItems": {"type": "boolean", "default": False},
        "additionalItems": {"type": "boolean"},
    }


def property_json(*, refer: bool = False) -> dict[str, Any]:
    """The JSON Schema of one property's description."""
    json: dict[str, Any] = {"type": "object", "properties": attributes(refer=refer), "required": ["title", "type"]}
    if not refer:
        json["additionalProperties"] = False
    return json


def properties_json() -> dict[str, Any]:
    """The JSON Schema of properties' descriptions by name."""
    return {"type": "object", "propertyNames": {"maxLength": 80}, "additionalProperties": property_json()}


def normal(given: dict[str, Any]) -> dict[str, Any]:
    """A property's description as it is kept: without its name, single defaults as text, bounds as whole numbers."""
    kept = {name: value for name, value in given.items() if name not in {"name", "required"}}
    default = kept.get("default")
    if isinstance(default, bool | int | float):
        kept["default"] = str(default)
    for bound in ("minimum", "maximum"):
        if bound in kept:
            kept[bound] = int(kept[bound])
    return kept


def normal_all(given: dict[str, Any]) -> dict[str, Any]:
    """Properties' descriptions by name, each as it is kept."""
    return {name: normal(value) for name, value in given.items()}
