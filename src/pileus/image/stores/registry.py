"""The stores of this cloud, as the settings name them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import msgspec

from pileus.image.outside.client import Outside
from pileus.image.settings import ImageSettings, StoreSettings
from pileus.image.stores.files import FileStore
from pileus.image.stores.protocol import Shelf, Store
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.settings import InvalidSettings
from pileus.kernel.world import World

RESERVED = "os_glance_"
"""Names of stores that start so are the service's own."""


class UnknownStore(BadRequest):
    """400: no store of that name."""

    message = "Store '{store}' is not configured."


class Member(msgspec.Struct, frozen=True):
    """One store with what the settings say of it.

    Attributes:
        weight: where an image lies in several, the heaviest is read first.
    """

    id: str
    description: str
    weight: int
    shelf: Shelf

    @property
    def read_only(self) -> bool:
        """Whether data can only be read there."""
        return not keeps(self.shelf)


def keeps(shelf: Shelf) -> TypeGuard[Store]:
    """Whether a shelf is a store."""
    return hasattr(shelf, "keep")


class Stores:
    """Every store, by name and in the order of the settings.

    Args:
        default: where data go that name no store.
    """

    def __init__(self, members: list[Member], default: str) -> None:
        self._members = {member.id: member for member in members}
        self.default = default

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def get(self, id: str) -> Member | None:
        """The store of a name."""
        return self._members.get(id)

    def store(self, id: str) -> Store:
        """A store that keeps data.

        Raises:
            UnknownStore: there is none of that name, or data can only be read there.
        """
        member = self._members.get(id)
        if member is None or not keeps(member.shelf):
            raise UnknownStore(store=id)
        return member.shelf

    @property
    def writable(self) -> list[str]:
        """The names of those that keep data."""
        return [member.id for member in self if not member.read_only]

    def owner(self, url: str) -> tuple[str, str] | None:
        """The store that an address belongs to, and the name of the data in it."""
        for member in self:
            name = member.shelf.name(url)
            if name is not None:
                return member.id, name
        return None


def stores_of(settings: ImageSettings, folder: Path, world: World, outside: Outside) -> Stores:
    """The stores that the settings name.

    Args:
        folder: where file stores without a folder of their own lie.

    Raises:
        InvalidSettings: they cannot be used as they stand.
    """
    members: list[Member] = []
    for given in settings.stores:
        if not given.id or given.id.startswith(RESERVED) or "," in given.id:
            raise InvalidSettings(f"image.stores: '{given.id}' cannot be a store's id")
        if given.id in {member.id for member in members}:
            raise InvalidSettings(f"image.stores: there are two stores '{given.id}'")
        members.append(Member(given.id, given.description, given.weight, _shelf(given, folder, world, outside)))
    default = next((member.id for member in members if not member.read_only), "")
    if not default:
        raise InvalidSettings("image.stores: there is no store that keeps data")
    return Stores(members, default)


def _shelf(given: StoreSettings, folder: Path, world: World, outside: Outside) -> Shelf:
    # what speaks HTTP is only imported where it is used
    if given.kind == "file":
        # the first cloud's images lay in `blobs`, so that is where those of the store `file` stay
        own = "blobs" if given.id == "file" else f"stores/{given.id}"
        return FileStore(Path(given.folder) if given.folder else folder / own, world.ids)
    if given.kind == "swift":
        from pileus.image.stores.swift import SwiftStore

        return SwiftStore(given)
    if given.kind == "s3":
        from pileus.image.stores.s3 import S3Store

        return S3Store(given, world.clock)
    from pileus.image.stores.web import WebShelf

    return WebShelf(outside)
