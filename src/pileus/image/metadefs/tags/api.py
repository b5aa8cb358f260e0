"""Metadata definition tags on the wire."""

from typing import Any

from pileus.image.metadefs.errors import DuplicateItem
from pileus.image.metadefs.namespaces.api import OfNamespace
from pileus.image.metadefs.naming import cut
from pileus.image.metadefs.table import TAGS
from pileus.image.metadefs.tags.schema import MetadefTag, NewTags, TagName
from pileus.image.rules import METADEF_WRITE, NAMESPACE_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import truth
from pileus.kernel.store import Row

MOST_NAME = 80


@resource("/metadefs/namespaces/{namespace}/tags", schema=MetadefTag, policy="%s")
class TagResource(OfNamespace):
    """Tags of a namespace."""

    @get(rule="get_metadef_tags", allow=NAMESPACE_READER, returns=TagName)
    async def list(self, call: Call, namespace: Row) -> Page:
        """List a namespace's tags."""
        return Page(cut(await self.definitions.items(call.tx, TAGS, namespace), dict(call.params)))

    @get("/{name}", rule="get_metadef_tag", allow=NAMESPACE_READER)
    async def show(self, call: Call, namespace: Row, name: str) -> Row:
        """Show a tag."""
        return await self.definitions.item(call.tx, TAGS, namespace, name)

    @post(
        rule="add_metadef_tags", allow=METADEF_WRITE, body=NewTags, returns=TagName, many=True, raises=(DuplicateItem,)
    )
    async def create_many(self, call: Call, namespace: Row, body: dict[str, Any]) -> Page:
        """Give a namespace tags in the place of its own; with `X-Openstack-Append: true`, beside them."""
        try:
            append = truth(call.request.headers.get("x-openstack-append", "false"))
        except ValueError:
            append = False
        names = [tag["name"] for tag in body.get("tags", ())]
        await self.definitions.retag(call.tx, namespace, names, append=append)
        return Page([{"name": name} for name in names])

    @post("/{name}", body=None, rule="add_metadef_tag", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def create(self, call: Call, namespace: Row, name: str) -> Row:
        """Make a tag."""
        if len(name) > MOST_NAME:
            raise BadRequest(f"Provided object does not match schema 'tag': '{name}' is too long")
        return await self.definitions.add(call.tx, TAGS, namespace, name)

    @put("/{name}", kind="create", rule="modify_metadef_tag", allow=METADEF_WRITE, raises=(DuplicateItem,))
    async def update(self, call: Call, namespace: Row, name: str, body: dict[str, Any]) -> Row:
        """Change a tag's word."""
        row = await self.definitions.item(call.tx, TAGS, namespace, name)
        return await self.definitions.change(call.tx, TAGS, namespace, row, name=body["name"])

    @delete("/{name}", rule="delete_metadef_tag", allow=METADEF_WRITE)
    async def remove(self, call: Call, namespace: Row, name: str) -> None:
        """Delete a tag."""
        await self.definitions.remove(call.tx, TAGS, namespace, name)
