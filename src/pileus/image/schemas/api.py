"""Glance's documents about itself: version list, JSON schemas, import methods."""

from typing import Any

import msgspec

from pileus.image.images.schema import Image
from pileus.image.members.schema import Member
from pileus.image.versions import ANNOUNCED
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound
from pileus.kernel.api.schema import Schema, object_json


@resource("!")
class VersionList:
    """Which versions there are."""

    @get("/", public=True, transaction="none", many=False)
    async def root(self, call: Call) -> Answer:
        """List versions."""
        return _versions(call, 300)

    @get("/versions", public=True, transaction="none")
    async def versions(self, call: Call) -> Answer:
        """List versions, as a success."""
        return _versions(call, 200)


def _versions(call: Call, status: int) -> Answer:
    links = [{"rel": "self", "href": call.bookmark("v2", "")}]
    entries = [
        {"id": name, "status": "CURRENT" if place == 0 else "SUPPORTED", "links": links}
        for place, name in enumerate(ANNOUNCED)
    ]
    return Answer(status, {"Content-Type": "application/json"}, msgspec.json.encode({"versions": entries}))


def schema_of(schema: type[Schema], name: str) -> dict[str, Any]:
    """A resource's JSON schema as Glance words it."""
    json = object_json(schema, "view", schema.history.maximum)
    properties = {}
    for wire, property_ in json["properties"].items():
        read_only = schema.fields[wire].read_only if wire in schema.fields else False
        properties[wire] = {**property_, **({"readOnly": True} if read_only else {})}
    described: dict[str, Any] = {"name": name, "properties": properties}
    if schema.extra == "keep":
        described["additionalProperties"] = {"type": "string"}
        described["links"] = [
            {"rel": "self", "href": "{self}"},
            {"rel": "enclosure", "href": "{file}"},
            {"rel": "describedby", "href": "{schema}"},
        ]
    return described


def list_of(described: dict[str, Any], plural: str) -> dict[str, Any]:
    """The JSON schema of a list."""
    properties: dict[str, Any] = {plural: {"type": "array", "items": described}, "schema": {"type": "string"}}
    if plural == "images":
        properties |= {"first": {"type": "string"}, "next": {"type": "string"}}
    return {"name": plural, "properties": properties}


@resource("/schemas")
class SchemaResource:
    """JSON schemas of images and members."""

    @get("/{name}", transaction="none", many=False)
    async def show(self, call: Call, name: str) -> Answer:
        """Show a schema."""
        image, member = schema_of(Image, "image"), schema_of(Member, "member")
        found = {
            "image": image,
            "member": member,
            "images": list_of(image, "images"),
            "members": list_of(member, "members"),
        }.get(name)
        if found is None:
            raise NotFound(f"No schema named {name}")
        return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode(found))
