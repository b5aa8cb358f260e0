"""Image data in an object store that speaks S3, Pileus's own or another.

Data of one part are put at once; larger ones in an upload of many parts, which S3 makes one object of at its end.
Uploads that never came there are taken for data of no image by the next sweep.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from pileus.image.settings import StoreSettings
from pileus.image.stores.protocol import DataMissing, StoreUnreachable
from pileus.image.stores.remote import Remote, length_of, piece_of, pieces
from pileus.image.stores.signing import NOTHING, query_of, signed
from pileus.kernel.clock import Clock

PART = 128 << 20


class S3Store:
    """A bucket.

    Args:
        part: bytes of a part; ten thousand of them are an object at the most.
    """

    kind = "s3"

    def __init__(self, given: StoreSettings, clock: Clock, *, part: int = PART) -> None:
        self._given = given
        self._clock = clock
        self._part = part
        self._remote = Remote(given.id)
        self._prepared = False

    async def prepare(self) -> None:
        """The bucket is made when something is kept: the object store may start after us."""

    def url(self, name: str) -> str:
        """An address without credentials: the settings have them."""
        return f"s3+config://{self._given.id}/{self._given.container}/{name}"

    def name(self, url: str) -> str | None:
        """The name of the data at an address of this store."""
        start = self.url("")
        return url.removeprefix(start) if url.startswith(start) and url != start else None

    def properties(self) -> dict[str, Any]:
        """When data are cut into parts."""
        mib = self._part >> 20
        return {
            "s3_store_large_object_size": mib,
            "s3_store_large_object_chunk_size": mib,
            "s3_store_thread_pools": 1,
        }

    def _at(self, name: str = "", **parameters: str) -> str:
        path = "/".join(quote(part) for part in (self._given.container, name) if part)
        return f"{self._given.url.rstrip('/')}/{path}" + (f"?{query_of(parameters)}" if parameters else "")

    def _signed(self, method: str, url: str, headers: dict[str, str], digest: str) -> dict[str, str]:
        given = self._given
        return signed(
            method,
            url,
            headers,
            digest=digest,
            access_key=given.user,
            secret=given.secret,
            region=given.region,
            now=self._clock.now(),
        )

    async def _ask(
        self, method: str, url: str, *, body: bytes = b"", taken: tuple[int, ...] = ()
    ) -> tuple[int, dict[str, str], bytes]:
        headers = self._signed(method, url, {}, hashlib.sha256(body).hexdigest())
        async with self._remote.ask(method, url, headers=headers, body=body or None, taken=taken) as response:
            return response.status, dict(response.headers), await response.read()

    async def keep(self, source: Path, name: str, *, share: bool) -> None:
        """Keep a file's data as one object."""
        if not self._prepared:
            status, _, _ = await self._ask("HEAD", self._at(), taken=(404,))
            if status == 404:
                await self._ask("PUT", self._at(), taken=(409,))
            self._prepared = True
        size = (await asyncio.to_thread(source.stat)).st_size
        status, headers, _ = await self._ask("HEAD", self._at(name), taken=(404,))
        if status == 200 and length_of(headers) == size:
            return
        parts = pieces(size, self._part)
        if len(parts) == 1:
            await self._put(source, self._at(name), 0, size)
            return
        _, _, body = await self._ask("POST", self._at(name, uploads=""))
        upload = _texts(body, "UploadId")[0]
        etags = [
            await self._put(source, self._at(name, partNumber=str(number), uploadId=upload), start, length)
            for number, (start, length) in enumerate(parts, 1)
        ]
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in enumerate(etags, 1)
        )
        whole = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        _, _, answer = await self._ask("POST", self._at(name, uploadId=upload), body=whole)
        if b"<Error>" in answer:  # S3 may find out after it said 200
            raise StoreUnreachable(f"The store {self._given.id} could not put the parts together.")

    async def _put(self, source: Path, url: str, start: int, length: int) -> str:
        digest = await asyncio.to_thread(_digest, source, start, length)
        headers = self._signed("PUT", url, {"Content-Length": str(length)}, digest)
        body = piece_of(source, start, length) if length else b""
        async with self._remote.ask("PUT", url, headers=headers, body=body) as response:
            return str(response.headers.get("Etag", ""))

    async def _read(self, name: str, start: int, length: int | None) -> AsyncIterator[bytes]:
        headers = self._signed("GET", self._at(name), {}, NOTHING)
        async for piece in self._remote.read(self._at(name), headers, start, length):
            yield piece

    def read(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The data in pieces, from a byte on."""
        return self._read(name, start, length)

    async def path(self, name: str) -> Path | None:
        """They are never on this machine, as far as we know."""
        return None

    async def size(self, name: str) -> int | None:
        """Bytes of the data."""
        status, headers, _ = await self._ask("HEAD", self._at(name), taken=(404,))
        if status == 404:
            raise DataMissing(f"The image's data are not in the store {self._given.id}.")
        return length_of(headers)

    async def delete(self, name: str) -> None:
        """Forget data, and uploads that never became any."""
        await self._ask("DELETE", self._at(name), taken=(404,))
        for key, upload in await self._uploads():
            if key == name:
                await self._ask("DELETE", self._at(name, uploadId=upload), taken=(404,))

    async def names(self) -> set[str]:
        """The names of all data, and of those whose upload never ended."""
        found, token = {key for key, _ in await self._uploads()}, ""
        while True:
            more = {"continuation-token": token} if token else {}
            status, _, body = await self._ask("GET", self._at(**{"list-type": "2", **more}), taken=(404,))
            if status == 404:
                return found
            found.update(_texts(body, "Key"))
            token = next(iter(_texts(body, "NextContinuationToken")), "")
            if not token:
                return found

    async def _uploads(self) -> list[tuple[str, str]]:
        status, _, body = await self._ask("GET", self._at(uploads=""), taken=(404, 501))
        if status != 200:
            return []
        return list(zip(_texts(body, "Key"), _texts(body, "UploadId"), strict=False))


def _digest(path: Path, start: int, length: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        while length and (piece := file.read(min(length, 1 << 20))):
            digest.update(piece)
            length -= len(piece)
    return digest.hexdigest()


def _texts(document: bytes, tag: str) -> list[str]:
    """The texts of all elements of a name, in any namespace."""
    from defusedxml import ElementTree

    root = ElementTree.fromstring(document)
    return [element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == tag]
