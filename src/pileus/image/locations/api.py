"""Locations on the wire: adding one, and seeing all."""

import hashlib
from typing import Any

import msgspec

from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.imports.logic import Imports
from pileus.image.locations.logic import shown
from pileus.image.locations.schema import NewLocation
from pileus.image.rules import SERVICE, SERVICE_OR_MEMBER
from pileus.image.stores.registry import Stores
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, post, resource
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden
from pileus.kernel.store import Row


@resource("/images/{id}/locations", schema=NewLocation, policy="%s")
class LocationResource:
    """Where an image's data lie."""

    def __init__(self, images: Images, imports: Imports, stores: Stores) -> None:
        self._images = images
        self._imports = imports
        self._stores = stores

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see."""
        return image_target(call, image)

    async def load(self, call: Call, id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, id)

    @post(status=202, rule="add_image_location", allow=SERVICE_OR_MEMBER, raises=(Conflict,))
    async def add(self, call: Call, image: Row, body: dict[str, Any]) -> None:
        """Say where an image's data lie already; a task tells of it."""
        if image["status"] != "queued" or image["task"] is not None:
            raise Conflict(f"It's not allowed to add locations if image status is {image['status']}.")
        if not (call.who.is_admin or "service" in call.who.roles | call.who.service_roles):
            if not any(member.shelf.kind == "http" for member in self._stores):
                raise Forbidden("http store must be enabled to use location API by normal user.")
            if not body["url"].startswith(("http://", "https://")):
                raise Forbidden("Locations of other stores are for services alone.")
        validation = body.get("validation_data") or {}
        if validation:
            _check(validation)
        owner = self._stores.owner(body["url"])
        if owner is None:
            raise BadRequest("Invalid location")
        await self._imports.locate(call.tx, call.who, image, body["url"], owner, validation)

    @get("", many=False, rule="fetch_image_location", allow=SERVICE)
    async def list(self, call: Call, image: Row) -> Answer:
        """List where an image's data lie."""
        places = msgspec.json.encode(shown(image["locations"]))
        return Answer(200, {"Content-Type": "application/json"}, places)


def _check(validation: dict[str, Any]) -> None:
    if set(validation) != {"os_hash_algo", "os_hash_value"}:
        raise BadRequest("os_hash_algo and os_hash_value depend on each other")
    try:
        digest = bytes.fromhex(validation["os_hash_value"])
    except ValueError:
        raise BadRequest(f"os_hash_value ({validation['os_hash_value']}) is not a valid hexadecimal value") from None
    wanted = hashlib.new(validation["os_hash_algo"], usedforsecurity=False).digest_size
    if len(digest) != wanted:
        raise BadRequest(
            f"os_hash_value: ({validation['os_hash_value']}) is not the correct size for"
            f" ({validation['os_hash_algo']}) (should be ({wanted}) bytes)"
        )
