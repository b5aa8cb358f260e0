"""Namespaces of metadata definitions on the wire."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Table, select

from pileus.image.metadefs.errors import DuplicateAssociation, DuplicateItem, DuplicateNamespace, NamespaceNotFound
from pileus.image.metadefs.logic import Definitions
from pileus.image.metadefs.namespaces.schema import Namespace
from pileus.image.metadefs.naming import direction_of, limit_of
from pileus.image.metadefs.objects.schema import MetadefObject
from pileus.image.metadefs.property_types import normal, normal_all
from pileus.image.metadefs.resource_types.schema import Association
from pileus.image.metadefs.table import ASSOCIATIONS, NAMESPACES, OBJECTS, PROPERTIES, TAGS
from pileus.image.rules import METADEF_WRITE, NAMESPACE_READER, READER_LIST
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.paging import page
from pileus.kernel.store import Row

DEFAULT = 25
MOST = 1000
SORT_KEYS = ("namespace", "display_name", "visibility", "protected", "owner", "created_at", "updated_at", "id")
CONTENTS = {
    "resource_type_associations": "add_metadef_resource_type_association",
    "objects": "add_metadef_object",
    "properties": "add_metadef_property",
    "tags": "add_metadef_tag",
}
"""What a new namespace may have in it, with the right that each needs."""


def namespace_target(call: Call, namespace: Row | None) -> dict[str, Any]:
    """What policies see of a namespace; of the caller's own project where there is none."""
    if namespace is None:
        return call.own()
    return {"project_id": namespace["owner"], "visibility": namespace["visibility"]}


class OfNamespace:
    """What every resource below a namespace does alike."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions

    def target(self, call: Call, namespace: Row | None) -> dict[str, Any]:
        """What policies see: the namespace."""
        return namespace_target(call, namespace)

    async def load(self, call: Call, namespace: str) -> Row:
        """A namespace that the caller may see."""
        return await self.definitions.find(call.tx, call.who, namespace)


@resource("/metadefs/namespaces", schema=Namespace, policy="%s")
class NamespaceResource(OfNamespace):
    """Namespaces of metadata definitions."""

    @get(rule="get_metadef_namespaces", allow=READER_LIST, raises=(NamespaceNotFound,))
    async def list(self, call: Call) -> Page:
        """List namespaces, with the resource types that they apply to."""
        last = dict(call.params)
        statement = select(NAMESPACES)
        condition = self.definitions.visible(call.who)
        if condition is not None:
            statement = statement.where(condition)
        if last.get("visibility"):
            if last["visibility"] not in {"public", "private"}:
                raise BadRequest(f"Invalid visibility value: {last['visibility']}")
            statement = statement.where(NAMESPACES.c.visibility == last["visibility"])
        if "resource_types" in last:
            applying = select(ASSOCIATIONS.c.namespace_id).where(
                ASSOCIATIONS.c.name.in_(last["resource_types"].split(","))
            )
            statement = statement.where(NAMESPACES.c.id.in_(applying))
        key, limit = last.get("sort_key", "created_at"), limit_of(last)
        if key not in SORT_KEYS:
            raise BadRequest(f"Sort key supplied is invalid: {key}")
        sort = [(name, direction_of(last)) for name in dict.fromkeys((key, "created_at"))]
        marker = None
        if last.get("marker"):
            marker = (await self.definitions.find(call.tx, call.who, last["marker"]))["id"]
        limit = DEFAULT if limit is None else min(limit, MOST)
        found = await page(call.tx, statement, NAMESPACES, sort=sort, limit=limit, marker=marker)
        types = await self.definitions.associations(call.tx, found.rows)
        view = Association.view(call.version)
        rows = [
            {**row, "resource_type_associations": [view.render(t, call) for t in types[row["id"]]] or None}
            for row in found.rows
        ]
        query = [(name, value) for name, value in call.params if name != "marker"]
        extra = {"first": _address(query), "schema": "/v2/schemas/metadefs/namespaces"}
        if found.next is not None:
            extra["next"] = _address([*query, ("marker", rows[-1]["namespace"])])
        return Page(rows, extra=extra)

    @get("/{namespace}", rule="get_metadef_namespace", allow=NAMESPACE_READER)
    async def show(self, call: Call, namespace: Row) -> Row:
        """Show a namespace with all that is in it."""
        tx, definitions = call.tx, self.definitions
        types = (await definitions.associations(tx, [namespace]))[namespace["id"]]
        prefix = _prefix(types, dict(call.params).get("resource_type"))
        properties = {prefix + row["name"]: row["schema"] for row in await definitions.items(tx, PROPERTIES, namespace)}
        objects = [
            {**_prefixed(row, prefix), "namespace": namespace["namespace"]}
            for row in await definitions.items(tx, OBJECTS, namespace)
        ]
        tags = [{"name": row["name"]} for row in await definitions.items(tx, TAGS, namespace)]
        view, type_view = MetadefObject.view(call.version), Association.view(call.version)
        return {
            **namespace,
            "resource_type_associations": [type_view.render(row, call) for row in types] or None,
            "properties": properties or None,
            "objects": [view.render(row, call) for row in objects] or None,
            "tags": tags or None,
        }

    @post(
        rule="add_metadef_namespace",
        allow=METADEF_WRITE,
        raises=(DuplicateNamespace, DuplicateItem, DuplicateAssociation),
    )
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a namespace, with what is to be in it."""
        for name, right in CONTENTS.items():
            if body.get(name):
                call.must(right)
        tx, definitions = call.tx, self.definitions
        row = await definitions.create(tx, call.who, body)
        for given in body.get("resource_type_associations", ()):
            await definitions.associate(tx, row, **given)
        for given in body.get("objects", ()):
            properties = normal_all(given.get("properties", {}))
            values = {"description": given.get("description"), "required": given.get("required", [])}
            await definitions.add(tx, OBJECTS, row, given["name"], properties=properties, **values)
        for given in body.get("tags", ()):
            await definitions.add(tx, TAGS, row, given["name"])
        for name, given in body.get("properties", {}).items():
            await definitions.add(tx, PROPERTIES, row, name, schema=normal(given))
        call.headers["Location"] = call.url("metadefs", "namespaces", row["namespace"])
        return {**row, **{name: body[name] for name in CONTENTS if name in body}}

    @put(
        "/{namespace}",
        kind="create",
        rule="modify_metadef_namespace",
        allow=METADEF_WRITE,
        raises=(DuplicateNamespace,),
    )
    async def update(self, call: Call, namespace: Row, body: dict[str, Any]) -> Row:
        """Give a namespace other attributes; what is in it stays."""
        return await self.definitions.replace(call.tx, call.who, namespace, body)

    @delete("/{namespace}", rule="delete_metadef_namespace", allow=METADEF_WRITE)
    async def remove(self, call: Call, namespace: Row) -> None:
        """Delete a namespace with all that is in it."""
        await self.definitions.delete(call.tx, namespace)

    @delete("/{namespace}/objects", rule="delete_metadef_namespace", allow=METADEF_WRITE)
    async def remove_objects(self, call: Call, namespace: Row) -> None:
        """Delete every object of a namespace."""
        await self._clear(call, OBJECTS, namespace)

    @delete("/{namespace}/properties", rule="delete_metadef_namespace", allow=METADEF_WRITE)
    async def remove_properties(self, call: Call, namespace: Row) -> None:
        """Delete every property of a namespace."""
        await self._clear(call, PROPERTIES, namespace)

    @delete("/{namespace}/tags", rule="delete_metadef_tags", allow=METADEF_WRITE)
    async def remove_tags(self, call: Call, namespace: Row) -> None:
        """Delete every tag of a namespace."""
        call.must("delete_metadef_namespace", namespace_target(call, namespace))
        await self._clear(call, TAGS, namespace)

    async def _clear(self, call: Call, table: Table, namespace: Row) -> None:
        await self.definitions.clear(call.tx, table, namespace)


def _prefix(types: list[Row], resource_type: str | None) -> str:
    """What stands before the properties of a namespace when they are set on a resource of a type."""
    return next((row["prefix"] or "" for row in types if row["name"] == resource_type), "")


def _prefixed(row: Row, prefix: str) -> Row:
    properties = {prefix + name: value for name, value in row["properties"].items()}
    return {**row, "properties": properties, "required": [prefix + name for name in row["required"]]}


def _address(query: list[tuple[str, str]]) -> str:
    return "/v2/metadefs/namespaces" + (f"?{urlencode(query)}" if query else "")
