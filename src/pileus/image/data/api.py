"""The data of images on the wire."""

from sqlalchemy import update

from pileus.image.data.logic import Data
from pileus.image.errors import WrongStatus
from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.images.table import IMAGES
from pileus.image.rules import MEMBER_DOWNLOAD, MEMBER_WRITE
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, post, put, resource
from pileus.kernel.api.errors import Forbidden, UnsupportedMediaType
from pileus.kernel.store import Row
from pileus.kernel.store.database import retrying


@resource("/images/{id}", policy="%s")
class DataResource:
    """What an image consists of."""

    def __init__(self, images: Images, data: Data) -> None:
        self._images = images
        self._data = data

    async def _load(self, call: Call, id: str, right: str) -> Row:
        async with call.store.read() as tx:
            image = await self._images.get(tx, call.who, id)
        call.service.policy.require(right, call.who, image_target(call, image))
        return image

    @put(
        "/file",
        raw=True,
        types=("application/octet-stream",),
        status=204,
        transaction="none",
        rule="upload_image",
        allow=MEMBER_WRITE,
    )
    async def upload(self, call: Call, id: str) -> None:
        """Give an image its data."""
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/octet-stream":
            raise UnsupportedMediaType
        image = await self._load(call, id, "upload_image")
        await retrying(call.store, lambda tx: self._data.begin(tx, image))
        await self._data.take(image, call.chunks())

    @get("/file", transaction="none", rule="download_image", allow=MEMBER_DOWNLOAD, many=False)
    async def download(self, call: Call, id: str) -> Answer:
        """An image's data."""
        image = await self._load(call, id, "download_image")
        if image["status"] == "deactivated" and not call.who.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        if image["blob"] is None:
            return Answer(204)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(image["size"])}
        if image["checksum"]:
            headers["Content-MD5"] = image["checksum"]
        path = await self._data.path(image)
        return (
            Answer(200, headers, file=path) if path is not None else Answer(200, headers, stream=self._data.read(image))
        )


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
            raise WrongStatus(id=image["id"], status=image["status"], verb=verb)

    @post("/deactivate", body=None, status=204, rule="deactivate", allow=MEMBER_WRITE, raises=(WrongStatus,))
    async def deactivate(self, call: Call, image: Row) -> None:
        """Keep everybody but administrators from an image's data."""
        await self._switch(call, image, "deactivated", "active", "deactivated")

    @post("/reactivate", body=None, status=204, rule="reactivate", allow=MEMBER_WRITE, raises=(WrongStatus,))
    async def reactivate(self, call: Call, image: Row) -> None:
        """Let everybody at an image's data again."""
        await self._switch(call, image, "reactivated", "deactivated", "active")
