"""Metadata definition properties on the wire."""

from typing import Any

from pileus.image.metadefs.errors import DuplicateItem
from pileus.image.metadefs.namespaces.api import OfNamespace, namespace_target
from pileus.image.metadefs.properties.schema import MetadefProperty
from pileus.image.metadefs.property_types import normal
from pileus.image.metadefs.table import PROPERTIES
from pileus.image.rules import METADEF_WRITE, NAMESPACE_READER
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import NotFound
from pileus.kernel.store import Row


def _shown(row: Row) -> Row:
    return {"name": row["name"], **row["schema"]}


@resource("/metadefs/namespaces/{namespace}/properties", schema=MetadefProperty, policy="%s")
class PropertyResource(OfNamespace):
    """Properties of a namespace."""

    @get(rule="get_metadef_properties", allow=NAMESPACE_READER, returns=None, many=False)
    async def list(self, call: Call, namespace: Row) -> dict[str, Any]:
        """List a namespace's properties, by name."""
        rows = await self.definitions.items(call.tx, PROPERTIES, namespace)
        return {"properties": {row["name"]: row["schema"] for row in rows}}

    @get("/{name}", rule="get_metadef_property", allow=NAMESPACE_READER)
    async def show(self, call: Call, namespace: Row, name: str) -> Row:
        """Show a property; `resource_type` says that the name has that type's prefix."""
        resource_type = dict(call.params).get("resource_type")
        if resource_type:
            call.must("get_metadef_resource_type", namespace_target(call, namespace))
            prefix = (await self.definitions.association(call.tx, namespace, resource_type))["prefix"]
            if not prefix or not name.startswith(prefix):
                raise NotFound(
                    f"Property {name} does not start with the expected resource type association prefix of '{prefix}'."
                )
            name = name.removeprefix(prefix)
        return _shown(await self.definitions.item(call.tx, PROPERTIES, namespace, name))

    @post(rule="add_metadef_property", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def create(self, call: Call, namespace: Row, body: dict[str, Any]) -> Row:
        """Make a property."""
        row = await self.definitions.add(call.tx, PROPERTIES, namespace, body["name"], schema=normal(body))
        return _shown(row)

    @put("/{name}", kind="create", rule="modify_metadef_property", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def update(self, call: Call, namespace: Row, name: str, body: dict[str, Any]) -> Row:
        """Give a property another name and description."""
        row = await self.definitions.item(call.tx, PROPERTIES, namespace, name)
        values = {"name": body["name"], "schema": normal(body)}
        return _shown(await self.definitions.change(call.tx, PROPERTIES, namespace, row, **values))

    @delete("/{name}", rule="remove_metadef_property", allow=METADEF_WRITE)
    async def remove(self, call: Call, namespace: Row, name: str) -> None:
        """Delete a property."""
        await self.definitions.remove(call.tx, PROPERTIES, namespace, name)
