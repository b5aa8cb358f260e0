"""One object on its way to another cloud: asked for, put or deleted there, with the signature of container sync."""

import secrets
from collections.abc import AsyncIterator
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from pileus.object_store.large import static
from pileus.object_store.objects import marks
from pileus.object_store.objects.schema import KEPT, META
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.sync.realms import Destination, signature
from pileus.object_store.wire import moments


class Failed(Exception):
    """The other cloud did not take it; the words say what it answered."""


class Client(Protocol):
    """Sends requests."""

    async def send(
        self, method: str, url: str, headers: dict[str, str], body: AsyncIterator[bytes] | None
    ) -> tuple[int, dict[str, str]]:
        """The status and headers (names in lower case) of the answer.

        Raises:
            Failed: there was none.
        """
        ...


class HttpClient:
    """Sends requests by aiohttp, which is only loaded when something is to be sent."""

    def __init__(self) -> None:
        self._session: Any = None

    async def send(
        self, method: str, url: str, headers: dict[str, str], body: AsyncIterator[bytes] | None
    ) -> tuple[int, dict[str, str]]:
        """The status and headers of the answer."""
        import aiohttp

        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
            self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        try:
            async with self._session.request(
                method, _encoded(url), headers=headers, data=body, allow_redirects=False
            ) as answer:
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Failed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _encoded(url: str) -> Any:
    from yarl import URL

    return URL(url, encoded=True)


class Sending:
    """Sends the objects of one container."""

    def __init__(self, storage: Storage, client: Client, to: Destination, key: str) -> None:
        self._storage = storage
        self._client = client
        self._to = to
        self._key = key

    async def _ask(
        self,
        method: str,
        name: str,
        headers: dict[str, str],
        body: AsyncIterator[bytes] | None = None,
        query: str = "",
    ) -> tuple[int, dict[str, str]]:
        url = f"{self._to.url}/{quote(name)}"
        signed = {**headers}
        if self._to.realm is not None:
            nonce = secrets.token_hex(16)
            path, stamp = urlsplit(url).path, headers["X-Timestamp"]
            made = signature(method, path, stamp, nonce, self._to.realm.keys[0], self._key)
            signed["X-Container-Sync-Auth"] = f"{self._to.realm.name} {nonce} {made}"
        else:
            signed["X-Container-Sync-Key"] = self._key
        return await self._client.send(method, url + query, signed, body)

    async def delete(self, name: str, stamp: int) -> None:
        """Delete an object there, unless it is newer.

        Raises:
            Failed: that could not be done.
        """
        status, _ = await self._ask("DELETE", name, {"X-Timestamp": moments.stamp(stamp)})
        if status >= 300 and status not in {404, 409}:
            raise Failed(f"DELETE: {status}")

    async def put(self, record: ObjectRecord) -> None:
        """Put an object there, unless there is one as new.

        Args:
            record: with its content, if that is small.

        Raises:
            Failed: that could not be done.
        """
        stamp = moments.stamp(record.stamp)
        status, there = await self._ask("HEAD", record.name, {"X-Timestamp": stamp}, query="?symlink=get")
        if status == 200 and there.get("x-timestamp", "") >= stamp:
            return
        headers = {"X-Timestamp": stamp, **_described(record)}
        query, size = "", record.size
        body: AsyncIterator[bytes] = self._storage.read(record, 0, record.size)
        if marks.STATIC in record.metadata:
            raw = static.raw(await static.manifest(self._storage, record))
            query, size, body = "?multipart-manifest=put", len(raw), _once(raw)
        elif marks.LINK not in record.metadata:
            headers["ETag"] = record.etag
        headers["Content-Length"] = str(size)
        status, _ = await self._ask("PUT", record.name, headers, body, query)
        if status >= 300:
            raise Failed(f"PUT: {status}")


def _described(record: ObjectRecord) -> dict[str, str]:
    """The headers that make an object what it is."""
    kept = record.metadata
    out = {"Content-Type": record.content_type}
    out |= {name: value for name, value in kept.items() if name.startswith(META) or name in KEPT}
    if record.delete_at:
        out["X-Delete-At"] = str(record.delete_at)
    if marks.LINK in kept:
        out["X-Symlink-Target"] = kept[marks.LINK]
        out |= {"X-Symlink-Target-Account": kept[marks.LINK_ACCOUNT]} if marks.LINK_ACCOUNT in kept else {}
        out |= {"X-Symlink-Target-Etag": kept[marks.LINK_ETAG]} if marks.LINK_ETAG in kept else {}
    return out


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
