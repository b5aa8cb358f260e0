"""metadata, tags and os-server-password of servers."""

from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, update

from pileus.compute.errors import ServerLocked
from pileus.compute.rules import MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.servers.access import check_unlocked, load_server
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.attributes.schema import Metadata, MetadataItem, Tags
from pileus.compute.servers.making.forms import MOST_TAGS
from pileus.compute.servers.table import SERVER_EXTRAS, SERVER_TAGS, SERVERS
from pileus.compute.versions import SERVER_TAGS as TAGS_SINCE
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, Forbidden, NotFound
from pileus.kernel.store import Row

Json = dict[str, Any]


@resource("/servers/{id}", policy="os_compute_api:%s")
class ServerAttributes:
    """Small things that users hang on servers."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    async def _keep(self, call: Call, server: Row, metadata: dict[str, str]) -> dict[str, str]:
        check_unlocked(call, server)
        limits = await self._parts.near.quotas.limits(call.tx, server["project_id"], server["user_id"])
        most = limits.get("metadata_items", 128)
        if len(metadata) > most >= 0:
            raise Forbidden(f"Maximum number of metadata items exceeds {most}")
        changed = {"metadata": metadata, "updated_at": call.world.clock.now()}
        await call.tx.run(update(SERVERS).where(SERVERS.c.id == server["id"]).values(**changed))
        return metadata

    @get("/metadata", rule="server-metadata:index", allow=READER_OR_ADMIN)
    async def metadata(self, call: Call, server: Row) -> Json:
        """Show all metadata."""
        return {"metadata": server["metadata"]}

    @post(
        "/metadata", rule="server-metadata:create", allow=MEMBER_OR_ADMIN, status=200, body=Metadata,
        raises=(ServerLocked, Forbidden),
    )  # fmt: skip
    async def add_metadata(self, call: Call, server: Row, body: Json) -> Json:
        """Add metadata to what is there."""
        return {"metadata": await self._keep(call, server, {**server["metadata"], **body["metadata"]})}

    @put(
        "/metadata", rule="server-metadata:update_all", allow=MEMBER_OR_ADMIN, body=Metadata, kind="create",
        raises=(ServerLocked, Forbidden),
    )  # fmt: skip
    async def replace_metadata(self, call: Call, server: Row, body: Json) -> Json:
        """Put other metadata in the place of all there is."""
        return {"metadata": await self._keep(call, server, body["metadata"])}

    @get("/metadata/{key}", rule="server-metadata:show", allow=READER_OR_ADMIN, raises=(NotFound,))
    async def metadata_item(self, call: Call, server: Row, key: str) -> Json:
        """Show one item."""
        return {"meta": {key: _item(server, key)}}

    @put(
        "/metadata/{key}", rule="server-metadata:update", allow=MEMBER_OR_ADMIN, body=MetadataItem, kind="create",
        raises=(ServerLocked, BadRequest, Forbidden),
    )  # fmt: skip
    async def set_metadata_item(self, call: Call, server: Row, key: str, body: Json) -> Json:
        """Set one item."""
        if key not in body["meta"]:
            raise BadRequest("Request body and URI mismatch")
        await self._keep(call, server, {**server["metadata"], **body["meta"]})
        return {"meta": body["meta"]}

    @delete("/metadata/{key}", rule="server-metadata:delete", allow=MEMBER_OR_ADMIN, raises=(ServerLocked, NotFound))
    async def delete_metadata_item(self, call: Call, server: Row, key: str) -> None:
        """Remove one item."""
        _item(server, key)
        await self._keep(call, server, {k: v for k, v in server["metadata"].items() if k != key})

    async def _tags(self, call: Call, server: Row) -> list[str]:
        c = SERVER_TAGS.c
        rows = await call.tx.all(select(c.tag).where(c.server_id == server["id"]).order_by(c.tag))
        return [row["tag"] for row in rows]

    @get("/tags", rule="os-server-tags:index", allow=READER_OR_ADMIN, since=TAGS_SINCE)
    async def tags(self, call: Call, server: Row) -> Json:
        """List tags."""
        return {"tags": await self._tags(call, server)}

    @put("/tags", rule="os-server-tags:update_all", allow=MEMBER_OR_ADMIN, since=TAGS_SINCE, body=Tags, kind="create")
    async def replace_tags(self, call: Call, server: Row, body: Json) -> Json:
        """Put other tags in the place of all there are."""
        check_unlocked(call, server)
        await call.tx.run(sql_delete(SERVER_TAGS).where(SERVER_TAGS.c.server_id == server["id"]))
        tags = list(dict.fromkeys(body["tags"]))
        await call.tx.insert(SERVER_TAGS, [{"server_id": server["id"], "tag": tag} for tag in tags])
        await self._touch(call, server)
        return {"tags": tags}

    @delete("/tags", rule="os-server-tags:delete_all", allow=MEMBER_OR_ADMIN, since=TAGS_SINCE)
    async def delete_tags(self, call: Call, server: Row) -> None:
        """Remove all tags."""
        check_unlocked(call, server)
        await call.tx.run(sql_delete(SERVER_TAGS).where(SERVER_TAGS.c.server_id == server["id"]))
        await self._touch(call, server)

    @get("/tags/{tag}", rule="os-server-tags:show", allow=READER_OR_ADMIN, status=204, since=TAGS_SINCE)
    async def has_tag(self, call: Call, server: Row, tag: str) -> None:
        """Whether the server has a tag."""
        if tag not in await self._tags(call, server):
            raise NotFound(f"Server {server['id']} has no tag '{tag}'")

    @put("/tags/{tag}", rule="os-server-tags:update", allow=MEMBER_OR_ADMIN, since=TAGS_SINCE, body=None)
    async def add_tag(self, call: Call, server: Row, tag: str) -> Answer:
        """Add a tag."""
        check_unlocked(call, server)
        if not 1 <= len(tag) <= 60 or "," in tag or "/" in tag:
            raise BadRequest(f"Invalid input for field/attribute tag. Value: {tag}. It is no tag.")
        if tag in await self._tags(call, server):
            return Answer(204)
        c = SERVER_TAGS.c
        count = await call.tx.scalar(select(func.count()).select_from(SERVER_TAGS).where(c.server_id == server["id"]))
        if count >= MOST_TAGS:
            raise BadRequest(f"The number of tags exceeded the per-server limit {MOST_TAGS}")
        await call.tx.insert(SERVER_TAGS, {"server_id": server["id"], "tag": tag})
        await self._touch(call, server)
        return Answer(201, {"Location": call.url("servers", server["id"], "tags", tag)})

    @delete("/tags/{tag}", rule="os-server-tags:delete", allow=MEMBER_OR_ADMIN, since=TAGS_SINCE)
    async def delete_tag(self, call: Call, server: Row, tag: str) -> None:
        """Remove a tag."""
        check_unlocked(call, server)
        c = SERVER_TAGS.c
        if not await call.tx.run(sql_delete(SERVER_TAGS).where(c.server_id == server["id"], c.tag == tag)):
            raise NotFound(f"Server {server['id']} has no tag '{tag}'")
        await self._touch(call, server)

    async def _touch(self, call: Call, server: Row) -> None:
        now = call.world.clock.now()
        await call.tx.run(update(SERVERS).where(SERVERS.c.id == server["id"]).values(updated_at=now))

    @get("/os-server-password", rule="os-server-password:show", allow=READER_OR_ADMIN)
    async def password(self, call: Call, server: Row) -> Json:
        """The password that the guest posted, encrypted by its owner's key."""
        found = await call.tx.scalar(select(SERVER_EXTRAS.c.password).where(SERVER_EXTRAS.c.id == server["id"]))
        return {"password": found or ""}

    @delete("/os-server-password", rule="os-server-password:clear", allow=MEMBER_OR_ADMIN)
    async def clear_password(self, call: Call, server: Row) -> None:
        """Forget the password here; the guest's own stays."""
        statement = update(SERVER_EXTRAS).where(SERVER_EXTRAS.c.id == server["id"])
        await call.tx.run(statement.values(password=""))


def _item(server: Row, key: str) -> Any:
    if key not in server["metadata"]:
        raise NotFound("Metadata item was not found")
    return server["metadata"][key]
