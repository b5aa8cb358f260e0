"""Resource types on the wire, and which namespaces apply to them."""

from typing import Any

from sqlalchemy import select

from pileus.image.metadefs.errors import DuplicateAssociation
from pileus.image.metadefs.namespaces.api import OfNamespace, namespace_target
from pileus.image.metadefs.resource_types.schema import Association, ResourceType
from pileus.image.metadefs.table import RESOURCE_TYPES
from pileus.image.rules import METADEF_WRITE, NAMESPACE_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.store import Row


@resource("/metadefs/resource_types", schema=ResourceType, policy="%s")
class ResourceTypeResource:
    """Kinds of resources that have properties."""

    @get(rule="list_metadef_resource_types", allow=NAMESPACE_READER)
    async def list(self, call: Call) -> Page:
        """List resource types."""
        c = RESOURCE_TYPES.c
        return Page(await call.tx.all(select(RESOURCE_TYPES).order_by(c.created_at, c.name)))


@resource(
    "/metadefs/namespaces/{namespace}/resource_types",
    schema=Association,
    policy="%s",
    rights={"get_metadef_resource_type": (NAMESPACE_READER, "See how a namespace applies to a resource type.")},
)
class AssociationResource(OfNamespace):
    """The resource types that a namespace applies to."""

    @get(rule="list_metadef_resource_types", allow=NAMESPACE_READER)
    async def list(self, call: Call, namespace: Row) -> Page:
        """List the resource types that a namespace applies to."""
        if not call.may("get_metadef_resource_type", namespace_target(call, namespace)):
            return Page([])
        return Page((await self.definitions.associations(call.tx, [namespace]))[namespace["id"]])

    @post(rule="add_metadef_resource_type_association", allow=METADEF_WRITE, raises=(DuplicateAssociation,))
    async def create(self, call: Call, namespace: Row, body: dict[str, Any]) -> Row:
        """Apply a namespace to a resource type."""
        return await self.definitions.associate(call.tx, namespace, **body)

    @delete("/{name}", rule="remove_metadef_resource_type_association", allow=METADEF_WRITE)
    async def remove(self, call: Call, namespace: Row, name: str) -> None:
        """Let a namespace apply to a resource type no more."""
        await self.definitions.part(call.tx, namespace, name)
