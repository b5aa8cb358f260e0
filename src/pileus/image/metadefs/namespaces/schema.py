"""The fields of a namespace, and of what stands in one.

Source: Glance's metadefs schemas.
"""

from typing import Any

from pileus.image.metadefs.property_types import properties_json, string_array
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

ASSOCIATION_JSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 80},
        "prefix": {"type": "string", "maxLength": 80},
        "properties_target": {"type": "string", "maxLength": 80},
    },
    "required": ["name"],
    "additionalProperties": False,
}
OBJECT_JSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 80},
        "description": {"type": "string"},
        "required": string_array(),
        "properties": properties_json(),
    },
    "required": ["name"],
    "additionalProperties": False,
}
TAG_JSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 80}},
    "required": ["name"],
    "additionalProperties": False,
}


def at(name: str) -> f.Show:
    """Shows a moment of the row."""
    return lambda row, call: call.stamp(row[name])


def given(name: str) -> f.Show:
    """Shows an attribute that is left out where there is none."""
    return lambda row, _call: f.UNSET if row.get(name) is None else row[name]


def _self(row: Any, _call: Any) -> str:
    return f"/v2/metadefs/namespaces/{row['namespace']}"


class Namespace(Schema, key="", plural="namespaces", history=IMAGE):
    """A set of metadata definitions under one name."""

    namespace = f.text("Its name, which no other namespace has.", most=80, least=1, required=True)
    display_name = f.text("Its name for people.", most=80, show=given("display_name"))
    description = f.text("What its definitions are about.", most=500, show=given("description"))
    visibility = f.text("Who sees it.", choices=("public", "private"))
    protected = f.boolean("Whether it and what is in it cannot be deleted.")
    owner = f.text("The project that owns it.")
    created_at = f.text("When it was made.", format="date-time", read_only=True, show=at("created_at"))
    updated_at = f.text("When it last changed.", format="date-time", read_only=True, show=at("updated_at"))
    schema = f.text("Its schema's address.", read_only=True, show=lambda _r, _c: "/v2/schemas/metadefs/namespace")
    self = f.text("Its address.", most=None, read_only=True, show=_self)
    resource_type_associations = f.anything(
        "The resource types that it applies to.",
        {"type": "array", "items": ASSOCIATION_JSON},
        show=given("resource_type_associations"),
    )
    properties = f.anything("Its properties, by name.", properties_json(), show=given("properties"))
    objects = f.anything("Its objects.", {"type": "array", "items": OBJECT_JSON}, show=given("objects"))
    tags = f.anything("Its tags.", {"type": "array", "items": TAG_JSON}, show=given("tags"))
