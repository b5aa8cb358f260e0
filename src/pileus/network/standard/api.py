"""Tags of any network resource: `/networks/{id}/tags` and the like."""

from typing import Any

from sqlalchemy import Table

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import array, text
from pileus.kernel.api.schema import Schema
from pileus.kernel.store import Row
from pileus.network.errors import TagNotFound
from pileus.network.rules import ADMIN_OR_MEMBER
from pileus.network.standard.logic import change
from pileus.network.standard.schema import join_tags, split_tags
from pileus.network.versions import NETWORK

MOST_TAGS = 50


class Tags(Schema, history=NETWORK):
    """The tags of one resource."""

    tags = array(text("A tag.", least=1, most=255, pattern="^[^\n,]+$"), "All of them.", unique=True, required=True)


def _subject(owner: Any) -> Any:
    """What rules about a resource's tags look at: what rules about the resource do."""

    async def subject(_self: Any, call: Call, row: Row, _body: Any) -> Any:
        return await owner.subject(call, row, None) if hasattr(owner, "subject") else row

    return subject


async def _write(call: Call, table: Table, row: Row, tags: Any) -> None:
    if len(set(tags)) > MOST_TAGS:
        raise BadRequest(f"The number of tags exceeded the per-resource limit of {MOST_TAGS}")
    await change(call.tx, call.world, table, row, {"tags": join_tags(tags)})


def tags_of(owner: Any, table: Table, reader: str, writer: str = ADMIN_OR_MEMBER) -> tuple[Any, Any]:
    """The tag operations of a resource object.

    Args:
        owner: the resource object, whose `load` tells whether the caller may know the resource.
        reader, writer: the default rights.
    """
    return _all_tags(owner, table, reader, writer), _one_tag(owner, table, reader, writer)


def _all_tags(owner: Any, table: Table, reader: str, writer: str) -> Any:
    @resource(owner.declared.path + "/{id}/tags", policy=f"%s_{owner.declared.schema.key}:tags")
    class ResourceTags:
        """Words to find a resource by."""

        subject = _subject(owner)

        async def load(self, call: Call, id: str) -> Row:
            """The row, where the caller may know of it."""
            row: Row = await owner.load(call, id)
            return row

        @get(rule="get", allow=reader, many=False)
        async def list(self, call: Call, row: Row) -> Any:
            """List a resource's tags."""
            return {"tags": split_tags(row["tags"])}

        @put(rule="update", allow=writer, body=Tags, kind="create")
        async def replace(self, call: Call, row: Row, body: dict[str, Any]) -> Any:
            """Replace a resource's tags."""
            await _write(call, table, row, body["tags"])
            return {"tags": sorted(set(body["tags"]))}

        @post(rule="update", allow=writer, body=Tags)
        async def add_many(self, call: Call, row: Row, body: dict[str, Any]) -> Any:
            """Add tags to a resource."""
            tags = split_tags(row["tags"]) + body["tags"]
            await _write(call, table, row, tags)
            return {"tags": sorted(set(tags))}

        @delete(rule="delete", allow=writer)
        async def clear(self, call: Call, row: Row) -> None:
            """Remove every tag of a resource."""
            await _write(call, table, row, [])

    return ResourceTags()


def _one_tag(owner: Any, table: Table, reader: str, writer: str) -> Any:
    @resource(owner.declared.path + "/{id}/tags/{tag}", policy=f"%s_{owner.declared.schema.key}:tags")
    class ResourceTag:
        """One word to find a resource by."""

        subject = _subject(owner)

        async def load(self, call: Call, id: str) -> Row:
            """The row, where the caller may know of it."""
            row: Row = await owner.load(call, id)
            return row

        @get(rule="get", allow=reader, status=204)
        async def has(self, call: Call, row: Row, tag: str) -> None:
            """Whether a resource has a tag."""
            if tag not in split_tags(row["tags"]):
                raise TagNotFound(tag=tag)

        @put(rule="update", allow=writer, status=201, body=None)
        async def add(self, call: Call, row: Row, tag: str) -> Answer:
            """Add a tag to a resource."""
            if "\n" in tag or len(tag) > 255:
                raise BadRequest(f"'{tag}' exceeds maximum length of 255 or holds a line feed")
            await _write(call, table, row, [*split_tags(row["tags"]), tag])
            return Answer(201)

        @delete(rule="delete", allow=writer)
        async def remove(self, call: Call, row: Row, tag: str) -> None:
            """Remove a tag of a resource."""
            tags = split_tags(row["tags"])
            if tag not in tags:
                raise TagNotFound(tag=tag)
            await _write(call, table, row, [kept for kept in tags if kept != tag])

    return ResourceTag()
