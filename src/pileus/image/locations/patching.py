"""Patching the locations of images, where the operator shows them.

Source: Glance's API reference, "Update an image", and its user guide, "Location strategy".  What lies behind a new
address is asked for before the transaction begins: it must wait for nothing but the database.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import jsonschema_rs
from sqlalchemy import select, update

from pileus.image.data.keeping import Keeper
from pileus.image.locations.logic import Locations
from pileus.image.locations.table import LOCATIONS
from pileus.image.outside.client import Outside
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.stores.registry import Stores
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden
from pileus.kernel.store import Row, Tx

MOST = 10
"""Locations of an image."""
_LOCATION = {
    "type": "object",
    "required": ["url", "metadata"],
    "properties": {
        "url": {"type": "string", "minLength": 1, "maxLength": 255},
        "metadata": {"type": "object"},
        "validation_data": {
            "type": "object",
            "additionalProperties": False,
            "required": ["os_hash_algo", "os_hash_value"],
            "properties": {
                "checksum": {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"},
                "os_hash_algo": {"type": "string", "maxLength": 64},
                "os_hash_value": {"type": "string", "pattern": "^([0-9a-fA-F]{2})*$", "maxLength": 128},
            },
        },
    },
}
_VALID = jsonschema_rs.validator_for(_LOCATION)


class Change(Protocol):
    """One operation of a patch."""

    @property
    def operation(self) -> str:
        """add, remove or replace."""
        ...

    @property
    def path(self) -> tuple[str, ...]:
        """`locations`, and a position."""
        ...

    @property
    def value(self) -> Any:
        """What is added, or put in place."""
        ...


class Patching:
    """Changes the locations of images.

    Args:
        algorithm: of the strong digest.
    """

    def __init__(self, locations: Locations, stores: Stores, outside: Outside, keeper: Keeper, algorithm: str) -> None:
        self._locations = locations
        self._stores = stores
        self._outside = outside
        self._keeper = keeper
        self._algorithm = algorithm

    def refuse_unseen(self, change: Change) -> None:
        """Locations that are not shown are not changed.

        Raises:
            Forbidden: they are not shown.
        """
        if self._locations.show != "all":
            verb = "update" if change.operation == "replace" else change.operation
            raise Forbidden(f"It's not allowed to {verb} locations if locations are invisible.")

    async def sizes(self, changes: Sequence[Change], known: set[str]) -> dict[str, int]:
        """How many bytes lie at each new address of a patch.

        Args:
            known: addresses that the image has already.

        Raises:
            BadRequest: an address is none, or nothing lies there.
        """
        found: dict[str, int] = {}
        for change in changes:
            for value in _values(change):
                if not _VALID.is_valid(value):
                    raise BadRequest("Invalid location: it needs a 'url' and 'metadata'.")
                url = value["url"]
                if url not in known and url not in found:
                    found[url] = await self._size(url)
        return found

    async def _size(self, url: str) -> int:
        owner = self._stores.owner(url)
        web = url.startswith(("http://", "https://"))
        # files and objects of our own stores have the names that we gave them; users are told none but their images'
        if owner is None or not web or self._outside.refusal(url):
            raise BadRequest("Invalid location")
        member = self._stores.get(owner[0])
        assert member is not None
        try:
            size = await member.shelf.size(owner[1])
        except StoreUnreachable:
            raise BadRequest("Invalid location") from None
        if not size:
            raise BadRequest("Invalid location")
        return size

    async def apply(self, tx: Tx, image: Row, change: Change, sizes: Mapping[str, int]) -> Row:
        """Change an image's locations; what of its row changes along.

        Raises:
            BadRequest, Conflict, Forbidden: the change is not possible.
        """
        if change.operation == "replace":
            return await self._replace(tx, image, change.value, sizes)
        if change.operation == "add":
            return await self._add(tx, image, change.path[1], change.value, sizes)
        await self._remove(tx, image, change.path[1])
        return {}

    def _allowed(self, image: Row, verb: str) -> None:
        if image["status"] not in {"active", "queued"} or image["task"] is not None:
            raise Conflict(f"It's not allowed to {verb} locations if image status is {image['status']}.")

    async def _replace(self, tx: Tx, image: Row, values: Any, sizes: Mapping[str, int]) -> Row:
        self._allowed(image, "replace")
        if not isinstance(values, list):
            raise BadRequest("Invalid locations")
        old = image["locations"]
        if old and sorted(value["url"] for value in values) != sorted(place["url"] for place in old):
            raise BadRequest(f"Original locations is not empty: {[place['url'] for place in old]}")
        if not old:
            changed: Row = {}
            for value in values:
                changed |= await self._add(tx, {**image, **changed}, "-", value, sizes)
            return changed
        for value, place in zip(
            sorted(values, key=lambda value: value["url"]), sorted(old, key=lambda place: place["url"]), strict=True
        ):
            metadata = {name: more for name, more in value["metadata"].items() if name != "store"}
            position = values.index(value) + 1
            mine = update(LOCATIONS).where(LOCATIONS.c.id == place["id"])
            await tx.run(mine.values(metadata=metadata, position=position))
        return {}

    async def _add(self, tx: Tx, image: Row, position: str, value: Any, sizes: Mapping[str, int]) -> Row:
        self._allowed(image, "add")
        places = await self._locations.of(tx, image["id"])
        if position != "-" and not (position.isdigit() and 0 <= int(position) <= len(places)):
            raise BadRequest("Invalid position for adding a location.")
        if len(places) >= MOST:
            raise BadRequest(f"An image has {MOST} locations at the most.")
        if any(place["url"] == value["url"] for place in places):
            raise BadRequest(f"The location {value['url']} already exists")
        said = self._said(image, value.get("validation_data", {}))
        owner = self._stores.owner(value["url"])
        assert owner is not None
        metadata = {name: more for name, more in value["metadata"].items() if name != "store"}
        await self._locations.add(tx, image["id"], *owner, metadata)
        if position != "-" and int(position) < len(places):
            await self._reorder(tx, image["id"], int(position))
        changed: Row = {**said, "status": "active"} if image["status"] == "queued" else {}
        if not image["size"] and value["url"] in sizes:
            changed["size"] = sizes[value["url"]]
        return changed

    async def _reorder(self, tx: Tx, image_id: str, position: int) -> None:
        c = LOCATIONS.c
        ids = [row["id"] for row in await tx.all(select(c.id).where(c.image_id == image_id).order_by(c.position))]
        ids.insert(position, ids.pop())
        for number, place in enumerate(ids, 1):
            await tx.run(update(LOCATIONS).where(c.id == place).values(position=number))

    def _said(self, image: Row, said: Mapping[str, Any]) -> Row:
        """What is said of the data that is not known yet."""
        new = {}
        for name, value in said.items():
            if image[name] == value:
                continue
            if image[name]:
                raise Conflict(f"{name} is already set with a different value")
            new[name] = value
        if not new:
            return {}
        if image["status"] != "queued":
            raise Conflict(f"New value(s) for {', '.join(new)} may only be provided when image status is 'queued'")
        if new.get("os_hash_algo") != self._algorithm:
            raise Conflict(f"os_hash_algo must be {self._algorithm}, not {new.get('os_hash_algo')}")
        return new

    async def _remove(self, tx: Tx, image: Row, position: str) -> None:
        if image["status"] != "active":
            raise Conflict(f"It's not allowed to remove locations if image status is {image['status']}.")
        places = image["locations"]
        if len(places) == 1:
            raise Forbidden("Cannot remove last location in the image.")
        if not position.isdigit() or int(position) >= len(places):
            raise BadRequest("Invalid position for removing a location.")
        place = places[int(position)]
        await self._locations.remove(tx, image["id"], place["store"], place["name"])
        tx.after_commit(lambda: self._keeper.forget([place]))


def _values(change: Change) -> list[Any]:
    if change.operation == "remove":
        return []
    return change.value if isinstance(change.value, list) and change.operation == "replace" else [change.value]
