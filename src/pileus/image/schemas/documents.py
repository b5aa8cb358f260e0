"""Glance's JSON schemas of its resources, made from what the resources declare.

Single resources come "raw", which says what else they may have, or minimal; lists name their items and, raw, the links
of a page.  What Glance's documents have as definitions and refer to stands so here as well.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from pileus.image.images.schema import FREE, UUID, Image
from pileus.image.members.schema import Member
from pileus.image.metadefs.namespaces.schema import Namespace
from pileus.image.metadefs.objects.schema import MetadefObject
from pileus.image.metadefs.property_types import attributes, definitions
from pileus.image.metadefs.resource_types.schema import Association
from pileus.image.metadefs.tags.schema import MetadefTag
from pileus.image.tasks.schema import Task, TaskStub
from pileus.kernel.api.schema import Schema, field_json

Json = dict[str, Any]

MOST_TEXT = 255
"""What texts are bounded by where nothing else is said."""
_ADDRESSES = frozenset({"self", "schema"})
_IMAGE_LINKS = [
    {"rel": "self", "href": "{self}"},
    {"rel": "enclosure", "href": "{file}"},
    {"rel": "describedby", "href": "{schema}"},
]
_VALIDATION = {
    "type": "object",
    "description": "What the image's attributes are to be, or are.",
    "writeOnly": True,
    "additionalProperties": False,
    "properties": {
        "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
        "os_hash_algo": {"type": "string", "maxLength": 64},
        "os_hash_value": {"type": "string", "maxLength": 128},
    },
    "required": ["os_hash_algo", "os_hash_value"],
}
_LOCATIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "url": {"type": "string", "maxLength": 255},
            "metadata": {"type": "object"},
            "validation_data": _VALIDATION,
        },
        "required": ["url", "metadata"],
    },
}
_DESCRIBED = {"rel": "describedby", "href": "{schema}"}
_PAGES = [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"}]
_PROPERTIES = {"$ref": "#/definitions/property"}
_STRINGS = {"$ref": "#/definitions/stringArray"}


def _worded(json: Json) -> Json:
    """A field's JSON Schema in Glance's manner: identifiers by pattern, null first."""
    json = dict(json)
    if json.get("format") == "uuid-like":
        del json["format"]
        json["pattern"] = UUID
    if isinstance(json.get("type"), list):
        json["type"] = sorted(json["type"], key=lambda kind: kind != "null")
    if None in json.get("enum", ()):
        json["enum"] = [None, *(value for value in json["enum"] if value is not None)]
    if "items" in json and isinstance(json["items"], dict):
        json["items"] = _worded(json["items"])
    return json


def _properties(schema: type[Schema], *, marks: frozenset[str] | None = None) -> Json:
    """The properties of a document; those in `marks` are marked as read only, or all that are."""
    found = {}
    for item in schema.fields_at(schema.history.maximum):
        if not item.in_answers:
            continue
        json = _worded(field_json(item, "view", schema.history.maximum))
        if item.read_only and json.get("maxLength") == MOST_TEXT:
            del json["maxLength"]  # bounds bind those who send
        if item.read_only if marks is None else item.wire in marks:
            json["readOnly"] = True
        found[item.wire] = json
    return found


def _image() -> Json:
    properties = _properties(Image)
    for name in FREE:
        properties[name]["is_base"] = False
    properties["locations"] = {**_LOCATIONS, "description": properties["locations"]["description"]}
    return {
        "name": "image",
        "properties": properties,
        "additionalProperties": {"type": "string"},
        "links": _IMAGE_LINKS,
    }


def _minimal(name: str, schema: type[Schema]) -> Json:
    return {"name": name, "properties": _properties(schema, marks=_ADDRESSES)}


def _raw(name: str, properties: Json, required: list[str], defined: Json | None = None) -> Json:
    json: Json = {"name": name, "properties": properties, "additionalProperties": False, "required": required}
    if defined is not None:
        json["definitions"] = defined
    return json


def _namespace() -> Json:
    properties = _properties(Namespace)
    text = {"type": "string"}
    properties["properties"] = _PROPERTIES
    of_object = {"name": text, "description": text, "required": _STRINGS, "properties": _PROPERTIES}
    properties["objects"] = {"type": "array", "items": {"type": "object", "properties": of_object}}
    of_type = {"name": text, "prefix": text, "properties_target": text}
    properties["resource_type_associations"] = {"type": "array", "items": {"type": "object", "properties": of_type}}
    properties["tags"] = {"type": "array", "items": {"type": "object", "properties": {"name": text}}}
    return _raw("namespace", properties, ["namespace"], definitions())


def _object() -> Json:
    properties = _properties(MetadefObject)
    properties |= {"required": _STRINGS, "properties": _PROPERTIES}
    return _raw("object", properties, ["name"], definitions())


def _property() -> Json:
    defined = {name: json for name, json in definitions().items() if name != "property"}
    defined["stringArray"] = {**defined["stringArray"], "minItems": 1}
    return _raw("property", attributes(refer=True), ["type", "title", "name"], defined)


def _association() -> Json:
    return _raw("resource_type_association", _properties(Association), ["name"])


def _tag() -> Json:
    return _raw("tag", _properties(MetadefTag), ["name"])


def _list(name: str, item: Json, *, raw: bool = True) -> Json:
    defined = item.get("definitions")
    item = {key: value for key, value in item.items() if key != "definitions"}
    properties: Json = {name: {"type": "array", "items": item}}
    if raw:
        properties |= {"first": {"type": "string"}, "next": {"type": "string"}}
    properties["schema"] = {"type": "string"}
    json: Json = {"name": name, "properties": properties, "links": [*(_PAGES if raw else ()), _DESCRIBED]}
    if defined is not None:
        json["definitions"] = defined
    return json


def _property_list() -> Json:
    item = {**_property(), "required": ["type", "title"]}
    json = _list("properties", item)
    described = json["properties"]["properties"].pop("items")
    json["properties"]["properties"] = {"type": "object", "additionalProperties": described}
    return json


_DOCUMENTS: dict[str, Callable[[], Json]] = {
    "image": _image,
    "images": lambda: _list("images", _image()),
    "member": lambda: _minimal("member", Member),
    "members": lambda: _list("members", _minimal("member", Member), raw=False),
    "task": lambda: _minimal("task", Task),
    "tasks": lambda: _list("tasks", _minimal("task", TaskStub), raw=False),
    "metadefs/namespace": _namespace,
    "metadefs/namespaces": lambda: _list("namespaces", _namespace()),
    "metadefs/object": _object,
    "metadefs/objects": lambda: _list("objects", _object()),
    "metadefs/property": _property,
    "metadefs/properties": _property_list,
    "metadefs/resource_type": _association,
    "metadefs/resource_types": lambda: _list("resource_type_associations", _association()),
    "metadefs/tag": _tag,
    "metadefs/tags": lambda: _list("tags", _tag()),
}


@cache
def document(name: str) -> Json | None:
    """The JSON schema of that name ("image", "metadefs/tags"), if there is one."""
    make = _DOCUMENTS.get(name)
    return make() if make is not None else None
