"""Image data in an object store that speaks Swift, Pileus's own or another, as any client would keep them.

Data of one segment are one object; larger ones are segments below a static large object.  The object comes last, so
that data are whole or not there; segments without one are taken for data of no image by the next sweep.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from pileus.image.settings import StoreSettings
from pileus.image.stores.protocol import DataMissing, StoreUnreachable
from pileus.image.stores.remote import Remote, length_of, piece_of, pieces

SEGMENT = 1 << 30
PAGE = 1000


class SwiftStore:
    """A container of objects, and one of segments beside it.

    Args:
        segment: bytes of a segment.
    """

    kind = "swift"

    def __init__(self, given: StoreSettings, *, segment: int = SEGMENT) -> None:
        self._given = given
        self._segment = segment
        self._remote = Remote(given.id)
        self._session: tuple[str, str] | None = None
        self._prepared = False
        self._lock = asyncio.Lock()

    async def prepare(self) -> None:
        """The containers are made when something is kept: the object store may start after us."""

    def url(self, name: str) -> str:
        """An address without credentials: the settings have them."""
        return f"swift+config://{self._given.id}/{self._given.container}/{name}"

    def name(self, url: str) -> str | None:
        """The name of the data at an address of this store."""
        start = self.url("")
        return url.removeprefix(start) if url.startswith(start) and url != start else None

    def properties(self) -> dict[str, Any]:
        """The container, and when data are cut."""
        mib = self._segment >> 20
        return {"container": self._given.container, "large_object_size": mib, "large_object_chunk_size": mib}

    @property
    def _segments(self) -> str:
        return f"{self._given.container}_segments"

    async def _logged_in(self, *, again: bool = False) -> tuple[str, dict[str, str]]:
        async with self._lock:
            if self._session is None or again:
                self._session = await self._log_in()
            endpoint, token = self._session
            return endpoint, {"X-Auth-Token": token}

    async def _log_in(self) -> tuple[str, str]:
        given, domain = self._given, {"name": "Default"}
        user = {"name": given.user, "domain": domain, "password": given.secret}
        scope = {"project": {"name": given.project, "domain": domain}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        url = f"{given.url.rstrip('/').removesuffix('/v3')}/v3/auth/tokens"
        headers = {"Content-Type": "application/json"}
        async with self._remote.ask("POST", url, headers=headers, body=msgspec.json.encode(body)) as response:
            token = response.headers.get("X-Subject-Token", "")
            catalog = msgspec.json.decode(await response.read())["token"].get("catalog", [])
        for service in catalog:
            for endpoint in service["endpoints"] if service["type"] == "object-store" else ():
                if endpoint["interface"] == "public" and endpoint["region_id"] == given.region:
                    return str(endpoint["url"]).rstrip("/"), token
        raise StoreUnreachable(f"The store {given.id} is not in the catalog of its cloud.")

    async def _ask(
        self, method: str, path: str, *, taken: tuple[int, ...] = (), body: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        for again in (False, True):
            endpoint, headers = await self._logged_in(again=again)
            async with self._remote.ask(
                method, f"{endpoint}/{path}", headers=headers, body=body, taken=(401, *taken)
            ) as response:
                if response.status != 401:
                    return response.status, dict(response.headers), await response.read()
        raise StoreUnreachable(f"The store {self._given.id} does not let us in.")

    async def _ready(self) -> None:
        if not self._prepared:
            for container in (self._given.container, self._segments):
                await self._ask("PUT", quote(container))
            self._prepared = True

    def _object(self, name: str) -> str:
        return f"{quote(self._given.container)}/{quote(name)}"

    async def keep(self, source: Path, name: str, *, share: bool) -> None:
        """Keep a file's data as one object."""
        await self._ready()
        size = (await asyncio.to_thread(source.stat)).st_size
        status, headers, _ = await self._ask("HEAD", self._object(name), taken=(404,))
        if status == 200 and length_of(headers) == size:
            return
        parts = pieces(size, self._segment)
        if len(parts) == 1:
            await self._put(source, self._object(name), 0, size)
            return
        manifest = []
        for number, (start, length) in enumerate(parts):
            path = f"{self._segments}/{name}/{number:08}"
            etag = await self._put(source, quote(path), start, length)
            manifest.append({"path": path, "etag": etag, "size_bytes": length})
        await self._ask("PUT", f"{self._object(name)}?multipart-manifest=put", body=msgspec.json.encode(manifest))

    async def _put(self, source: Path, path: str, start: int, length: int) -> str:
        for again in (False, True):
            endpoint, headers = await self._logged_in(again=again)
            sent = {**headers, "Content-Length": str(length), "Content-Type": "application/octet-stream"}
            body = piece_of(source, start, length) if length else b""
            async with self._remote.ask("PUT", f"{endpoint}/{path}", headers=sent, body=body, taken=(401,)) as response:
                if response.status != 401:
                    return response.headers.get("Etag", "").strip('"')
        raise StoreUnreachable(f"The store {self._given.id} does not let us in.")

    async def _read(self, name: str, start: int, length: int | None) -> AsyncIterator[bytes]:
        await self.size(name)  # a token that has ended is noticed here
        endpoint, headers = await self._logged_in()
        async for piece in self._remote.read(f"{endpoint}/{self._object(name)}", headers, start, length):
            yield piece

    def read(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The data in pieces, from a byte on."""
        return self._read(name, start, length)

    async def path(self, name: str) -> Path | None:
        """They are never on this machine, as far as we know."""
        return None

    async def size(self, name: str) -> int | None:
        """Bytes of the data."""
        status, headers, _ = await self._ask("HEAD", self._object(name), taken=(404,))
        if status == 404:
            raise DataMissing(f"The image's data are not in the store {self._given.id}.")
        return length_of(headers)

    async def delete(self, name: str) -> None:
        """Forget data, and segments that never became any."""
        await self._ask("DELETE", self._object(name), taken=(404,))
        for segment in await self._list(self._segments, f"{name}/"):
            await self._ask("DELETE", f"{quote(self._segments)}/{quote(segment)}", taken=(404,))

    async def names(self) -> set[str]:
        """The names of all data, and of those that have segments alone."""
        segments = await self._list(self._segments, "")
        return {*await self._list(self._given.container, ""), *(name.partition("/")[0] for name in segments)}

    async def _list(self, container: str, prefix: str) -> list[str]:
        found: list[str] = []
        while True:
            query = f"format=json&limit={PAGE}&prefix={quote(prefix)}&marker={quote(found[-1]) if found else ''}"
            status, _, body = await self._ask("GET", f"{quote(container)}?{query}", taken=(404,))
            page = msgspec.json.decode(body) if status == 200 and body else []
            found += [entry["name"] for entry in page]
            if len(page) < PAGE:
                return found
