"""Images on the wire: Glance v2."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from pileus.image.data.logic import Data
from pileus.image.errors import QuotaExceeded, ReadOnlyProperty, ReservedProperty
from pileus.image.images import patch as patches
from pileus.image.images.bounds import TooMany, check_properties, check_tags
from pileus.image.images.listing import listed
from pileus.image.images.logic import COLUMNS, Images
from pileus.image.images.protections import Protections, refuse
from pileus.image.images.schema import READ_ONLY, Image, is_reserved
from pileus.image.locations.patching import Patching
from pileus.image.rules import ADMIN, MEMBER_CREATE, MEMBER_WRITE, READER_LIST, READER_SEE
from pileus.image.stores.registry import Stores
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, put, resource
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden, NotFound, UnsupportedMediaType
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying


def image_target(call: Call, image: Row | None) -> dict[str, Any]:
    """What policies see of an image; of the caller's own project where there is none yet."""
    if image is None:
        return {**call.own(), "owner": call.who.project_id}
    return {"project_id": image["owner"], "owner": image["owner"], "visibility": image["visibility"], "member_id": ""}


@resource(
    "/images",
    schema=Image,
    policy="%s",
    rights={
        "publicize_image": (ADMIN, "Make an image public."),
        "communitize_image": (MEMBER_WRITE, "Make an image a community's."),
        "modify_image": (MEMBER_WRITE, "Change an image, or import its data."),
        "set_image_location": (MEMBER_WRITE, "Add a location to an image, or change one."),
        "delete_image_location": (ADMIN, "Take a location from an image."),
    },
)
class ImageResource:
    """Images: what servers boot from."""

    def __init__(
        self,
        images: Images,
        data: Data,
        stores: Stores,
        methods: tuple[str, ...],
        protections: Protections,
        patching: Patching,
    ) -> None:
        self._images = images
        self._patching = patching
        self._protections = protections
        self._data = data
        self._stores = stores
        self._methods = methods

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see."""
        return image_target(call, image)

    async def load(self, call: Call, id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, id)

    @get(rule="get_images", allow=READER_LIST)
    async def list(self, call: Call) -> Page:
        """List images."""
        page = await listed(self._images, call)
        self._protections.readable(call, page.rows)
        query = [(name, value) for name, value in call.params if name != "marker"]
        page.extra = {"first": _address(query), "schema": "/v2/schemas/images"}
        if page.next is not None:
            page.extra["next"] = _address([*query, ("marker", page.next)])
        page.next = page.previous = None
        return page

    @get("/{id}", rule="get_image", allow=READER_SEE)
    async def show(self, call: Call, image: Row) -> Row:
        """Show an image."""
        self._protections.readable(call, [image])
        return image

    @post(rule="add_image", allow=MEMBER_CREATE, raises=(TooMany, QuotaExceeded))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make an image; its data come later."""
        for name in body:
            if name in READ_ONLY - {"id"}:
                raise ReadOnlyProperty(name=name)
            if is_reserved(name):
                raise ReservedProperty(name=name)
            if name not in COLUMNS and name != "id":
                self._may_make(call, name)
        check_tags(body.get("tags", ()))
        check_properties(name for name in body if name not in COLUMNS and name != "id")
        if (body.get("owner") or call.who.project_id) != call.who.project_id and not call.who.is_admin:
            raise Forbidden(f"You are not permitted to create images owned by '{body['owner']}'.")
        row = self._images.new(call.who, body)
        self._visibility(call, row)
        await self._images.create(call.tx, row)
        call.headers["Location"] = call.url("images", row["id"])
        call.headers["OpenStack-image-import-methods"] = ",".join(self._methods)
        call.headers["OpenStack-image-store-ids"] = ",".join(self._stores.writable)
        self._protections.readable(call, [row])
        return row

    def _may_make(self, call: Call, name: str) -> None:
        if len(name) > 255:
            raise BadRequest("Custom property should not be greater than 255 characters.")
        refuse(self._protections.may(call), "create", name)

    def _visibility(self, call: Call, row: Row) -> None:
        right = {"public": "publicize_image", "community": "communitize_image"}.get(row["visibility"])
        if right is not None:
            call.must(right, image_target(call, row))

    @patch(
        "/{id}",
        raw=True,
        types=patches.MEDIA_TYPES,
        transaction="none",
        loads=False,
        raises=(Conflict, TooMany, UnsupportedMediaType),
    )
    async def update(self, call: Call, id: str) -> Row:
        """Change an image by a JSON patch."""
        async with call.store.read() as tx:
            image = await self._mine(tx, call, id)
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in patches.MEDIA_TYPES:
            error = UnsupportedMediaType(f"Image PATCH expects Content-Type one of: {', '.join(patches.MEDIA_TYPES)}")
            error.headers["Accept-Patch"] = ", ".join(patches.MEDIA_TYPES)
            raise error
        document = patches.changes(await patch_body(call), kind)
        places = [change for change in document if change.name == "locations"]
        for change in places:
            self._patching.refuse_unseen(change)
            call.must(
                "delete_image_location" if change.operation == "remove" else "set_image_location",
                image_target(call, image),
            )
        sizes = await self._patching.sizes(places, {place["url"] for place in image["locations"]})
        return await retrying(call.store, lambda tx: self._update(tx, call, id, document, sizes))

    async def _mine(self, tx: Tx, call: Call, id: str) -> Row:
        image = await self._images.get(tx, call.who, id)
        call.must("modify_image", image_target(call, image))
        return image

    async def _update(
        self, tx: Tx, call: Call, id: str, document: Sequence[patches.Change], sizes: Mapping[str, int]
    ) -> Row:
        image = await self._mine(tx, call, id)
        others = []
        for change in document:
            if change.name == "locations":
                changed = await self._patching.apply(tx, image, change, sizes)
                image = {**image, **changed} if not changed else await self._images.save(tx, image, changed)
                await self._images.locate(tx, [image])
            else:
                others.append(change)
        changed = patches.apply(image, others, self._protections.may(call))
        if changed["visibility"] != image["visibility"]:
            self._visibility(call, {**image, **changed})
        if changed["owner"] != image["owner"] and not call.who.is_admin:
            raise Forbidden("Owner can't be updated by non admin.")
        row = await self._images.save(tx, image, changed) if document else image
        self._protections.readable(call, [row])
        return row

    @delete("/{id}", rule="delete_image", allow=MEMBER_WRITE)
    async def remove(self, call: Call, image: Row) -> None:
        """Delete an image with its data."""
        staged = await self._data.staged(call.tx, image)
        await self._images.delete(call.tx, image)
        call.tx.after_commit(lambda: self._data.dropped(image, staged))

    @put("/{id}/tags/{tag}", body=None, status=204, rule="modify_image", allow=MEMBER_WRITE, raises=(TooMany,))
    async def add_tag(self, call: Call, image: Row, tag: str) -> None:
        """Add a tag."""
        if len(tag) > 255:
            raise BadRequest("Tag is too long; 255 characters at the most.")
        if tag not in image["tags"]:
            check_tags([*image["tags"], tag])
            await self._images.save(call.tx, image, {"tags": [*image["tags"], tag]})

    @delete("/{id}/tags/{tag}", rule="modify_image", allow=MEMBER_WRITE)
    async def remove_tag(self, call: Call, image: Row, tag: str) -> None:
        """Remove a tag."""
        if tag not in image["tags"]:
            raise NotFound("The specified tag could not be found on the image.")
        await self._images.save(call.tx, image, {"tags": [t for t in image["tags"] if t != tag]})


async def patch_body(call: Call) -> Any:
    """The body of a JSON patch.

    Raises:
        BadRequest: it is not JSON.
    """
    body = bytearray()
    async for chunk in call.chunks(call.service.most_body):
        body += chunk
    try:
        return msgspec.json.decode(bytes(body))
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("Malformed request body: it is not valid JSON") from None


def _address(query: list[tuple[str, str]]) -> str:
    return "/v2/images" + (f"?{urlencode(query)}" if query else "")
