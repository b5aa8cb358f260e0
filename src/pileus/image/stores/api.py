"""Stores and import methods on the wire: what there is, and taking an image out of one store."""

from typing import Any

import msgspec

from pileus.image.data.keeping import Keeper
from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.locations.logic import Locations
from pileus.image.rules import ADMIN, ADMIN_OR_SERVICE, READER_LIST
from pileus.image.stores.registry import Member, Stores
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, resource
from pileus.kernel.api.errors import Conflict, Forbidden, NotFound
from pileus.kernel.store import Row


def _json(document: Any) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode(document))


@resource("/info", policy="%s")
class InfoResource:
    """What this image service can do."""

    def __init__(self, stores: Stores, methods: tuple[str, ...]) -> None:
        self._stores = stores
        self._methods = methods

    def _brief(self, member: Member) -> dict[str, Any]:
        shown = {"id": member.id}
        if member.description:
            shown["description"] = member.description
        if member.id == self._stores.default:
            shown["default"] = "true"
        if member.read_only:
            shown["read-only"] = "true"
        return shown

    @get("/import", transaction="none", many=False)
    async def imports(self, call: Call) -> Answer:
        """List the methods of import."""
        methods = {"description": "Import methods available.", "type": "array", "value": list(self._methods)}
        return _json({"import-methods": methods})

    @get("/stores", transaction="none", many=False)
    async def stores(self, call: Call) -> Answer:
        """List the stores."""
        return _json({"stores": [self._brief(member) for member in self._stores]})

    @get("/stores/detail", transaction="none", many=False, rule="stores_info_detail", allow=ADMIN_OR_SERVICE)
    async def detail(self, call: Call) -> Answer:
        """List the stores with what only operators should know."""
        more = [
            {
                **self._brief(member),
                "type": member.shelf.kind,
                "weight": member.weight,
                "properties": member.shelf.properties(),
            }
            for member in self._stores
        ]
        return _json({"stores": more})


@resource(
    "/stores/{store}/{image_id}",
    policy="%s",
    rights={"get_image_location": (READER_LIST, "See where an image's data lie.")},
)
class StoreResource:
    """An image's data in one store."""

    def __init__(self, images: Images, locations: Locations, stores: Stores, keeper: Keeper) -> None:
        self._images = images
        self._locations = locations
        self._stores = stores
        self._keeper = keeper

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see."""
        return image_target(call, image)

    async def load(self, call: Call, image_id: str) -> Row:
        """An image that the caller may see."""
        if self._stores.get(call.names["store"]) is None:
            raise Conflict(f"The selected store {call.names['store']} is not available on this node.")
        return await self._images.get(call.tx, call.who, image_id)

    @delete("", rule="delete_image_location", allow=ADMIN, raises=(Conflict,))
    async def remove(self, call: Call, image: Row, store: str) -> None:
        """Take an image's data out of a store."""
        call.must("get_image_location", image_target(call, image))
        if image["status"] != "active":
            raise Conflict("It's not allowed to remove image data from store if image status is not 'active'")
        places = [place for place in image["locations"] if place["store"] == store]
        if len(image["locations"]) == 1:
            raise Forbidden(
                "Cannot delete image data from the only store containing it. Consider deleting the image instead."
            )
        if not places:
            raise NotFound(f"Image {image['id']} is not stored in store {store}.")
        await self._locations.remove(call.tx, image["id"], store, places[0]["name"])
        call.tx.after_commit(lambda: self._keeper.forget(places[:1]))
