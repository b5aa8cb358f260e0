"""What other services may ask of the image service."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class ImageRecord(msgspec.Struct, frozen=True):
    """An image as other services see it.

    Attributes:
        size: bytes of its data; 0 before there is any.
        virtual_size: bytes of the disk it describes; 0 when unknown.
        min_disk: GiB.
        min_ram: MiB.
        checksum: the hexadecimal digest under `os_hash_algo`.
        properties: its free properties (hw_*, os_*, img_* …).
    """

    id: str
    name: str
    status: str
    owner: str
    visibility: str
    size: int
    virtual_size: int
    disk_format: str
    container_format: str
    min_disk: int
    min_ram: int
    os_hash_algo: str
    checksum: str
    properties: dict[str, str]


class Images(Protocol):
    """The door to images."""

    api: Service

    async def find(self, tx: Tx, who: Caller, image_id: str) -> ImageRecord:
        """An image that the caller may use.

        Raises:
            NotFound: there is none, or the caller may not see it.
        """
        ...

    async def path(self, image_id: str) -> Path | None:
        """The file that holds the image's data, where it lies on this machine."""
        ...

    def read(self, image_id: str) -> AsyncIterator[bytes]:
        """The image's data in pieces, from wherever it lies."""
        ...

    async def create(self, who: Caller, attributes: dict[str, Any], data: AsyncIterator[bytes]) -> str:
        """Make an image with its data, as a snapshot of a server does; its id."""
        ...
