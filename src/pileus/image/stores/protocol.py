"""What a store of image data must do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec


class Written(msgspec.Struct, frozen=True):
    """Data that a store has taken.

    Attributes:
        blob: its name in the store.
        size: bytes.
        md5, sha512: hexadecimal digests.
    """

    blob: str
    size: int
    md5: str
    sha512: str


class TooMuchData(Exception):
    """The data are longer than allowed."""


class BlobStore(Protocol):
    """Keeps data by name; what is written is whole and on disk, or not there."""

    async def write(self, data: AsyncIterator[bytes], most: int) -> Written:
        """Take data.  Nothing stays behind when the data end with an exception.

        Raises:
            TooMuchData: there are more than `most` bytes.
        """
        ...

    def read(self, blob: str) -> AsyncIterator[bytes]:
        """The data in pieces."""
        ...

    async def path(self, blob: str) -> Path | None:
        """The file that holds the data, where there is one on this machine."""
        ...

    async def delete(self, blob: str) -> None:
        """Forget data; no error if there are none."""
        ...

    async def blobs(self) -> set[str]:
        """The names of all data; for audits."""
        ...
