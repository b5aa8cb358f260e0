"""Where imported data come from: the staging area, the web, another store, or the Glance of another region."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from pileus.image.data.logic import Data
from pileus.image.data.logic import Parts as DataParts
from pileus.image.images.table import IMAGES
from pileus.image.outside.client import Outside, Refused, Response, Unreachable
from pileus.image.staging.area import Staged
from pileus.image.stores.protocol import StorageFull, StoreUnreachable, TooMuchData
from pileus.kernel.operations import Run, StepFailed
from pileus.kernel.store import Row

Told = Callable[[int], None]
Endpoint = Callable[[str, str], Awaitable[str]]
"""The address of the image service of a region, by region and interface; empty if the catalog has none."""
MOST_METADATA = 1 << 20


class Fetched(msgspec.Struct, frozen=True):
    """Data that lie on this machine now.

    Attributes:
        staged: the file in the staging area; its name is empty where the file lies elsewhere.
        path: the file.
        properties: of the source, to be set on the image.
        disk_format, container_format: of the source; empty leaves the image's own.
    """

    staged: Staged
    path: str
    properties: dict[str, str] = {}
    disk_format: str = ""
    container_format: str = ""


class Sources:
    """Fetches data by the method that a run names.

    Args:
        prefixes: how names of properties start that another Glance's image passes on.

    Attributes:
        tokens: the users' tokens, by task.  They are written nowhere: a run that outlives the process is undone.
    """

    def __init__(
        self, parts: DataParts, data: Data, outside: Outside, endpoint: Endpoint, prefixes: tuple[str, ...]
    ) -> None:
        self._parts = parts
        self._data = data
        self._outside = outside
        self._endpoint = endpoint
        self._prefixes = prefixes
        self.tokens: dict[str, str] = {}

    def forget(self, run: Run) -> None:
        """The run has ended, and needs no token any more."""
        self.tokens.pop(run.input["task_id"], None)

    async def fetch(self, run: Run, told: Told) -> Fetched:
        """Have the data on this machine.

        Raises:
            StepFailed: they cannot be had.
        """
        method = run.input["method"]
        try:
            if method["name"] == "glance-direct":
                return await self._staged(run)
            if method["name"] == "copy-image":
                return await self._copy(run, told)
            if method["name"] == "glance-download":
                return await self._glance(run, method, told)
            return await self._web(run, str(method["uri"]), told)
        except TooMuchData:
            raise StepFailed(f"The image is larger than {self._parts.most} bytes.", code=413) from None
        except StorageFull as error:
            raise StepFailed(error.text, code=413) from None
        except (Refused, Unreachable, StoreUnreachable) as error:
            raise StepFailed(f"The image's data cannot be fetched: {error}", code=400) from None

    async def _take(self, run: Run, data: AsyncIterator[bytes], told: Told, expected: int | None) -> Fetched:
        if expected is not None and expected > self._parts.most:
            raise TooMuchData
        name = f"import-{run.id}"
        staged = await self._parts.area.take(name, data, self._parts.most, told=told)
        if expected is not None and staged.size != expected:
            raise StepFailed(
                f"The downloaded data have {staged.size} bytes, which is different from expected {expected}", code=400
            )
        return Fetched(staged, str(self._parts.area.path(name)))

    async def _staged(self, run: Run) -> Fetched:
        async with self._parts.store.read() as tx:
            staged = await self._parts.locations.staged(tx, run.resource_id)
        if staged is None or not self._parts.area.path(staged.name).exists():
            raise StepFailed("The staged data of the image are gone.", code=409)
        return Fetched(staged, str(self._parts.area.path(staged.name)))

    async def _copy(self, run: Run, told: Told) -> Fetched:
        row = await self._image(run)
        opened = await self._data.open(row)
        if opened is None:
            raise StepFailed("The image has no data to copy.", code=409)
        if opened.path is None:
            return await self._take(run, opened.read(), told, row["size"])
        algorithm = row["os_hash_algo"] or ""
        return Fetched(Staged("", row["size"], row["checksum"] or "", algorithm, opened.name), str(opened.path))

    async def _image(self, run: Run) -> Row:
        async with self._parts.store.read() as tx:
            row = await tx.first(select(IMAGES).where(IMAGES.c.id == run.resource_id))
            if row is None:
                raise StepFailed("Image has been deleted, aborting import.", code=404)
            await self._parts.images.locate(tx, [row])
        return row

    async def _web(self, run: Run, uri: str, told: Told) -> Fetched:
        async with self._outside.open(uri) as response:
            return await self._take(run, response.chunks(), told, response.length)

    async def _glance(self, run: Run, method: dict[str, Any], told: Told) -> Fetched:
        token = self.tokens.get(run.input["task_id"])
        if token is None:
            raise StepFailed("The service was restarted, and the token of the request with it; import again.", code=503)
        endpoint = await self._endpoint(method["glance_region"], method["glance_service_interface"])
        if not endpoint:
            raise StepFailed(f"There is no image service in the region {method['glance_region']}.", code=400)
        base = f"{endpoint.rstrip('/').removesuffix('/v2')}/v2/images/{method['glance_image_id']}"
        headers = {"X-Auth-Token": token}
        async with self._outside.open(base, headers=headers, trusted=True) as response:
            source = await _document(response)
        if source.get("status") != "active":
            raise StepFailed(f"Source image status should be active instead of {source.get('status')}", code=400)
        if not isinstance(source.get("size"), int):
            raise StepFailed(f"Size of the remote image {method['glance_image_id']} is not known.", code=400)
        async with self._outside.open(f"{base}/file", headers=headers, trusted=True) as response:
            fetched = await self._take(run, response.chunks(), told, source["size"])
        properties = {
            name: value
            for name, value in source.items()
            if name.startswith(self._prefixes) and isinstance(value, str) and not name.startswith("os_glance_")
        }
        return msgspec.structs.replace(
            fetched,
            properties=properties,
            disk_format=str(source.get("disk_format") or ""),
            container_format=str(source.get("container_format") or ""),
        )


async def _document(response: Response) -> dict[str, Any]:
    body = bytearray()
    async for piece in response.chunks():
        body += piece
        if len(body) > MOST_METADATA:
            raise Unreachable("the other image service says too much")
    try:
        return msgspec.json.decode(bytes(body), type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Unreachable("the other image service does not answer in JSON") from None


def local(fetched: Fetched) -> Path:
    """The file of fetched data."""
    return Path(fetched.path)
