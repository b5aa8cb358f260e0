"""Speaking HTTP with a store that the operator named."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pileus.image.stores.protocol import StorageFull, StoreUnreachable
from pileus.kernel.serving.server import file_chunks

if TYPE_CHECKING:
    import aiohttp

CHUNK = 1 << 20


class Remote:
    """One store's HTTP.

    Args:
        store: its name, for messages.
    """

    def __init__(self, store: str) -> None:
        self._store = store

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] | None = None,
        taken: tuple[int, ...] = (),
    ) -> AsyncIterator["aiohttp.ClientResponse"]:
        """Ask, and have the answer.

        Args:
            url: as it goes over the wire, already quoted.
            taken: statuses that are no error beside the successes.

        Raises:
            StoreUnreachable: there is no answer, or one that is not taken.
            StorageFull: there is no room.
        """
        import aiohttp
        from yarl import URL

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=300)
        try:
            async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False, trust_env=False) as session:
                address = URL(url, encoded=True)
                async with session.request(
                    method, address, headers=headers, data=body, allow_redirects=False
                ) as response:
                    if response.status in {413, 507}:
                        raise StorageFull
                    if not 200 <= response.status < 300 and response.status not in taken:
                        raise StoreUnreachable(f"The store {self._store} answered {response.status} to {method}.")
                    yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreUnreachable(f"The store {self._store} does not answer ({type(error).__name__}).") from None

    async def read(self, url: str, headers: Mapping[str, str], start: int, length: int | None) -> AsyncIterator[bytes]:
        """What lies at an address, from a byte on."""
        ranged = {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
        sent = {**headers, **(ranged if start or length is not None else {})}
        async with self.ask("GET", url, headers=sent) as response:
            async for piece in response.content.iter_chunked(CHUNK):
                yield piece


def piece_of(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    """A part of a file, as a body."""
    return file_chunks(path, start, length)


def pieces(size: int, most: int) -> list[tuple[int, int]]:
    """The parts that so many bytes are cut into: where each begins, and how long it is."""
    return [(start, min(most, size - start)) for start in range(0, size, most)] or [(0, 0)]


def length_of(headers: Mapping[str, Any]) -> int | None:
    """The length that an answer's headers tell."""
    text = str(headers.get("Content-Length", ""))
    return int(text) if text.isascii() and text.isdigit() else None
