"""Metadata definition objects on the wire."""

from typing import Any

from pileus.image.metadefs.errors import DuplicateItem
from pileus.image.metadefs.namespaces.api import OfNamespace
from pileus.image.metadefs.naming import cut
from pileus.image.metadefs.objects.schema import MetadefObject
from pileus.image.metadefs.property_types import normal_all
from pileus.image.metadefs.table import OBJECTS
from pileus.image.rules import METADEF_WRITE, NAMESPACE_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row


def _values(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": body.get("description"),
        "required": body.get("required", []),
        "properties": normal_all(body.get("properties", {})),
    }


@resource("/metadefs/namespaces/{namespace}/objects", schema=MetadefObject, policy="%s")
class ObjectResource(OfNamespace):
    """Objects of a namespace."""

    @get(rule="get_metadef_objects", allow=NAMESPACE_READER)
    async def list(self, call: Call, namespace: Row) -> Page:
        """List a namespace's objects."""
        rows = cut(await self.definitions.items(call.tx, OBJECTS, namespace), dict(call.params), least=1)
        shown = [{**row, "namespace": namespace["namespace"]} for row in rows]
        return Page(shown, extra={"schema": "v2/schemas/metadefs/objects"})

    @get("/{name}", rule="get_metadef_object", allow=NAMESPACE_READER)
    async def show(self, call: Call, namespace: Row, name: str) -> Row:
        """Show an object."""
        row = await self.definitions.item(call.tx, OBJECTS, namespace, name)
        return {**row, "namespace": namespace["namespace"]}

    @post(rule="add_metadef_object", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def create(self, call: Call, namespace: Row, body: dict[str, Any]) -> Row:
        """Make an object."""
        row = await self.definitions.add(call.tx, OBJECTS, namespace, body["name"], **_values(body))
        return {**row, "namespace": namespace["namespace"]}

    @put("/{name}", kind="create", rule="modify_metadef_object", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def update(self, call: Call, namespace: Row, name: str, body: dict[str, Any]) -> Row:
        """Give an object another name and other contents."""
        row = await self.definitions.item(call.tx, OBJECTS, namespace, name)
        values = {"name": body["name"], **_values(body)}
        row = await self.definitions.change(call.tx, OBJECTS, namespace, row, **values)
        return {**row, "namespace": namespace["namespace"]}

    @delete("/{name}", rule="delete_metadef_object", allow=METADEF_WRITE)
    async def remove(self, call: Call, namespace: Row, name: str) -> None:
        """Delete an object."""
        await self.definitions.remove(call.tx, OBJECTS, namespace, name)
