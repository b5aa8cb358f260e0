"""What a store of image data must do.

A `Shelf` gives data back; a `Store` is a shelf that also keeps what it is given.  Data have the name of their content,
so that the same data lie in a store once; only a shelf of data that others keep (HTTP) names them by address.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from pileus.kernel.api.errors import ApiError


class TooMuchData(Exception):
    """The data are longer than allowed."""


class StoreUnreachable(Exception):
    """A store does not answer, or not as it should; the message says which and why, without secrets."""


class DataMissing(StoreUnreachable):
    """The store has no data of that name."""


class StorageFull(ApiError):
    """413: there is no room."""

    status = 413
    title = "Request Entity Too Large"
    message = "Image storage media is full: There is not enough disk space on the image storage media."


class Shelf(Protocol):
    """Gives data back."""

    kind: str
    """file, swift, s3, http: what `/v2/info/stores/detail` calls its type."""

    def url(self, name: str) -> str:
        """The address of data in this store, as `locations` show it."""
        ...

    def name(self, url: str) -> str | None:
        """The name of the data at an address; None if the address is not of this store."""
        ...

    def properties(self) -> dict[str, Any]:
        """What `/v2/info/stores/detail` tells of it."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Data in pieces, from a byte on.

        Raises:
            StoreUnreachable: while it is read.
        """
        ...

    async def path(self, name: str) -> Path | None:
        """The file that holds the data, where there is one on this machine."""
        ...

    async def size(self, name: str) -> int | None:
        """Bytes of data; None where the store cannot tell.

        Raises:
            StoreUnreachable: it has no such data, or does not answer.
        """
        ...


class Store(Shelf, Protocol):
    """Keeps data by name; what is kept is whole and durable, or not there."""

    async def prepare(self) -> None:
        """Make it usable, and drop what an earlier process did not finish.  Nothing remote is asked for here."""
        ...

    async def keep(self, source: Path, name: str, *, share: bool) -> None:
        """Keep a file's data under a name; fine if they are there already.

        Args:
            source: never changes again.
            share: whether the store may have the very file, under a second name, instead of a copy.

        Raises:
            StoreUnreachable: it could not.
            StorageFull: there is no room.
        """
        ...

    async def delete(self, name: str) -> None:
        """Forget data; no error if there are none.

        Raises:
            StoreUnreachable: it could not.
        """
        ...

    async def names(self) -> set[str]:
        """The names of all data; for audits.

        Raises:
            StoreUnreachable: it does not answer.
        """
        ...
