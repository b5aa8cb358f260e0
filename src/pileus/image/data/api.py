"""The data of images on the wire."""

from sqlalchemy import update

from pileus.image.data.logic import STAGING, Data
from pileus.image.data.ranges import asked
from pileus.image.errors import InvalidFormat, WrongStatus
from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.images.table import IMAGES
from pileus.image.rules import MEMBER_DOWNLOAD, MEMBER_WRITE
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.stores.registry import Stores, UnknownStore
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, post, put, resource
from pileus.kernel.api.errors import (
    BadRequest,
    Forbidden,
    Gone,
    NotFound,
    RangeNotSatisfiable,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from pileus.kernel.api.formats import is_whole
from pileus.kernel.serving.server import file_chunks
from pileus.kernel.store import Row
from pileus.kernel.store.database import retrying

OCTETS = "application/octet-stream"


@resource(
    "/images/{id}",
    policy="%s",
    rights={"download_from_store": (MEMBER_DOWNLOAD, "Say which store to download an image's data from.")},
)
class DataResource:
    """What an image consists of."""

    def __init__(self, images: Images, data: Data, stores: Stores, methods: tuple[str, ...]) -> None:
        self._images = images
        self._data = data
        self._stores = stores
        self._methods = methods

    async def _load(self, call: Call, id: str, right: str) -> Row:
        async with call.store.read() as tx:
            image = await self._images.get(tx, call.who, id)
        call.service.policy.require(right, call.who, image_target(call, image))
        return image

    def _octets(self, call: Call) -> None:
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != OCTETS:
            raise UnsupportedMediaType
        length = call.request.headers.get("x-openstack-image-size", "0")
        if not is_whole(length):
            raise BadRequest("Invalid or missing image size in request headers.")

    @put(
        "/file",
        raw=True,
        types=(OCTETS,),
        status=204,
        transaction="none",
        rule="upload_image",
        allow=MEMBER_WRITE,
        raises=(WrongStatus, TooLarge, Gone, InvalidFormat, Unavailable),
    )
    async def upload(self, call: Call, id: str) -> None:
        """Give an image its data."""
        self._octets(call)
        store = call.request.headers.get("x-image-meta-store", self._stores.default)
        self._stores.store(store)
        image = await self._load(call, id, "upload_image")
        await retrying(call.store, lambda tx: self._data.begin(tx, image))
        await self._data.take(image, call.chunks(), store)

    @put(
        "/stage",
        raw=True,
        types=(OCTETS,),
        status=204,
        transaction="none",
        rule="modify_image",
        allow=MEMBER_WRITE,
        raises=(WrongStatus, TooLarge, Gone),
    )
    async def stage(self, call: Call, id: str) -> None:
        """Leave data for an image's import."""
        if "glance-direct" not in self._methods:
            raise NotFound("'glance-direct' method is not available at this site.")
        self._octets(call)
        image = await self._load(call, id, "modify_image")
        await retrying(call.store, lambda tx: self._data.begin(tx, image, STAGING))
        await self._data.stage(image, call.chunks())

    @get(
        "/file",
        transaction="none",
        rule="download_image",
        allow=MEMBER_DOWNLOAD,
        many=False,
        also=(204, 206),
        raises=(RangeNotSatisfiable, Unavailable),
    )
    async def download(self, call: Call, id: str) -> Answer:
        """An image's data, or a range of them."""
        image = await self._load(call, id, "download_image")
        if image["status"] == "deactivated" and not call.who.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        prefer = [name for _, value in call.params if _ == "prefer" for name in value.split(",") if name.strip()]
        if prefer:
            call.must("download_from_store", image_target(call, image))
            prefer = [self._known(name.strip()) for name in prefer]
        if image["status"] not in {"active", "deactivated"} or not image["locations"]:
            return Answer(204)
        try:
            opened = await self._data.open(image, prefer)
        except StoreUnreachable as error:
            raise Unavailable(str(error)) from error
        assert opened is not None
        size = image["size"]
        span = asked(call.request.headers, size) if size is not None else None
        start, end = span or (0, size)
        headers = {"Content-Type": OCTETS}
        if size is not None:
            headers["Content-Length"] = str(end - start)
        if image["checksum"]:
            headers["Content-MD5"] = image["checksum"]
        if span is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
            stream = file_chunks(opened.path, start, end - start) if opened.path else opened.read(start, end - start)
            return Answer(206, headers, stream=stream)
        return Answer(200, headers, file=opened.path) if opened.path else Answer(200, headers, stream=opened.read())

    def _known(self, store: str) -> str:
        if self._stores.get(store) is None:
            raise UnknownStore(store=store)
        return store


@resource("/images/{id}/actions", policy="%s")
class ActionResource:
    """Switching images off and on."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def target(self, call: Call, image: Row | None) -> dict[str, object]:
        """What policies see."""
        return image_target(call, image)

    async def load(self, call: Call, id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, id)

    async def _switch(self, call: Call, image: Row, verb: str, source: str, to: str) -> None:
        if image["status"] == to:
            return
        statement = update(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.status == source)
        if not await call.tx.run(statement.values(status=to)):
            raise Forbidden(f"Not allowed to {verb} image in status '{image['status']}'")

    @post("/deactivate", body=None, status=204, rule="deactivate", allow=MEMBER_WRITE)
    async def deactivate(self, call: Call, image: Row) -> None:
        """Keep everybody but administrators from an image's data."""
        await self._switch(call, image, "deactivate", "active", "deactivated")

    @post("/reactivate", body=None, status=204, rule="reactivate", allow=MEMBER_WRITE)
    async def reactivate(self, call: Call, image: Row) -> None:
        """Let everybody at an image's data again."""
        await self._switch(call, image, "reactivate", "deactivated", "active")
