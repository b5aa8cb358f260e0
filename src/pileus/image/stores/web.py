"""Data that others keep and offer by HTTP: read, never written or deleted."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pileus.image.outside.client import Outside, Refused, Unreachable
from pileus.image.stores.protocol import StoreUnreachable


class WebShelf:
    """Names data by their address."""

    kind = "http"

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def url(self, name: str) -> str:
        """The address is the name."""
        return name

    def name(self, url: str) -> str | None:
        """Any address by HTTP is of this shelf."""
        return url if url.startswith(("http://", "https://")) else None

    def properties(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {}

    async def _read(self, name: str, start: int, length: int | None) -> AsyncIterator[bytes]:
        last = "" if length is None else str(start + length - 1)
        headers = {"Range": f"bytes={start}-{last}"} if start or length is not None else {}
        try:
            async with self._outside.open(name, headers=headers) as response:
                skip = 0 if response.partial else start
                left = length
                async for piece in response.chunks():
                    useful = piece[skip:]
                    skip = max(0, skip - len(piece))
                    if left is not None:
                        useful, left = useful[:left], left - len(useful[:left])
                    if useful:
                        yield useful
                    if left == 0:
                        return
        except (Refused, Unreachable) as error:
            raise StoreUnreachable(f"The image's location cannot be read: {error}") from None

    def read(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The data in pieces, from a byte on."""
        return self._read(name, start, length)

    async def path(self, name: str) -> Path | None:
        """They are never on this machine."""
        return None

    async def size(self, name: str) -> int | None:
        """What the other side says."""
        try:
            async with self._outside.open(name, method="HEAD") as response:
                return response.length
        except (Refused, Unreachable) as error:
            raise StoreUnreachable(f"The image's location cannot be read: {error}") from None
