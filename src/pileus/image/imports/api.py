"""Imports on the wire."""

from typing import Any

from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.imports.logic import COPY, Imports
from pileus.image.rules import ADMIN, MEMBER_WRITE
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import JsonBody, post, resource
from pileus.kernel.api.errors import Conflict, TooLarge
from pileus.kernel.store import Row


@resource(
    "/images/{id}/import",
    policy="%s",
    rights={
        "copy_image": (ADMIN, "Copy an image's data to further stores."),
        "modify_image": (MEMBER_WRITE, "Change an image, or import its data."),
    },
)
class ImportResource:
    """Filling an image from elsewhere."""

    def __init__(self, images: Images, imports: Imports) -> None:
        self._images = images
        self._imports = imports

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see."""
        return image_target(call, image)

    async def load(self, call: Call, id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, id)

    @post("", body=JsonBody, returns=None, status=202, raises=(Conflict, TooLarge))
    async def start(self, call: Call, image: Row, body: dict[str, Any]) -> None:
        """Import data into an image; a task tells of it."""
        method = self._imports.checked(body)
        call.must("copy_image" if method["name"] == COPY else "modify_image", image_target(call, image))
        await self._imports.check(call.tx, image, method["name"])
        header = call.request.headers.get("x-image-meta-store")
        stores = self._imports.stores(image, body, method["name"], header)
        if stores:
            await self._imports.begin(call.tx, call.who, image, body, method, stores)
