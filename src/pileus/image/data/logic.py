"""Taking and giving the data of images.

While data come in, the image is `saving` and its row says `uploading`: a lease held by this process, given back when
the upload breaks off.  Data become the image's only after they were inspected; until then nobody can read them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from pileus.host.storage import inspection
from pileus.host.storage.errors import ImageRefused
from pileus.image.errors import InvalidFormat, WrongStatus
from pileus.image.images.logic import Images
from pileus.image.images.table import IMAGES
from pileus.image.stores.protocol import BlobStore, TooMuchData, Written
from pileus.kernel import log
from pileus.kernel.api.errors import BadRequest, TooLarge
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying

LOG = log.get("image")
NOT_DISKS = frozenset({"ari", "aki", "ploop", "gpt"})
"""Formats whose content is not inspected as a disk's."""


class Data:
    """The data of the cloud's images.

    Args:
        most: bytes of an image at the most.
    """

    import_methods: tuple[str, ...] = ()

    def __init__(self, store: Store, images: Images, blobs: BlobStore, *, most: int) -> None:
        self._store = store
        self._images = images
        self._blobs = blobs
        self._most = most
        # taking data and dropping data of the same content exclude each other
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, tx: Tx, image: Row) -> None:
        """Mark an image as being filled.

        Raises:
            WrongStatus: it has data already, or is being filled by somebody else.
            BadRequest: its formats are not set.
        """
        if image["disk_format"] is None or image["container_format"] is None:
            raise BadRequest("disk_format and container_format must be set before data are uploaded.")
        claim = update(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.status == "queued", IMAGES.c.task.is_(None))
        if not await tx.run(claim.values(status="saving", task="uploading")):
            raise WrongStatus(id=image["id"], status=image["status"], verb="given data")

    async def take(self, image: Row, data: AsyncIterator[bytes]) -> None:
        """Store an image's data, inspect them, and make the image active.

        Raises:
            TooLarge: they are too long.
            InvalidFormat: they are not what the image's disk_format says, or point outside of themselves.
        """
        try:
            written = await self._blobs.write(data, self._most)
            async with self._lock:
                await self._accept(image, written)
        except TooMuchData:
            await self._give_back(image)
            raise TooLarge(f"The image is larger than {self._most} bytes.") from None
        except BaseException:
            await asyncio.shield(self._give_back(image))
            raise

    async def _accept(self, image: Row, written: Written) -> None:
        try:
            virtual_size = await self.inspect(image["disk_format"], written)
        except InvalidFormat:
            await self._drop_unused(written.blob)
            raise
        values = {
            "status": "active",
            "task": None,
            "size": written.size,
            "virtual_size": virtual_size,
            "checksum": written.md5,
            "os_hash_algo": "sha512",
            "os_hash_value": written.sha512,
            "blob": written.blob,
        }

        async def finish(tx: Tx) -> bool:
            current = await tx.first(select(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.task == "uploading"))
            if current is None:
                return False
            await self._images.save(tx, current, values)
            return True

        if not await retrying(self._store, finish):
            await self._drop_unused(written.blob)  # deleted while its data came in

    async def inspect(self, disk_format: str, written: Written) -> int | None:
        """The bytes of the disk that data describe; None where the format tells of none.

        Raises:
            InvalidFormat: see `take`.
        """
        path = await self._blobs.path(written.blob)
        if path is None or disk_format in NOT_DISKS or written.size == 0:
            return None
        try:
            found = await inspection.inspect(path, disk_format, self._most)
        except ImageRefused as refusal:
            raise InvalidFormat(f"Image format {disk_format} rejected: {refusal}") from refusal
        return found.virtual_size

    async def _give_back(self, image: Row) -> None:
        async def free(tx: Tx) -> None:
            await tx.run(
                update(IMAGES)
                .where(IMAGES.c.id == image["id"], IMAGES.c.task == "uploading")
                .values(status="queued", task=None)
            )

        await retrying(self._store, free)

    async def path(self, image: Row) -> Path | None:
        """The file with an image's data on this machine."""
        return await self._blobs.path(image["blob"]) if image["blob"] else None

    def read(self, image: Row) -> AsyncIterator[bytes]:
        """An image's data in pieces."""
        return self._blobs.read(image["blob"])

    def forget(self, blob: str) -> None:
        """Drop data soon unless another image has them."""
        self._spawn(self._drop(blob))

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        finished: Callable[[asyncio.Task[None]], None] = self._tasks.discard
        task.add_done_callback(finished)

    async def _drop(self, blob: str) -> None:
        async with self._lock:
            await self._drop_unused(blob)

    async def _drop_unused(self, blob: str) -> None:
        async with self._store.read() as tx:
            used = await self._images.blob_in_use(tx, blob)
        if not used:
            await self._blobs.delete(blob)

    async def recover(self) -> None:
        """At the start: images whose upload an earlier process did not finish wait for data again."""

        async def free(tx: Tx) -> None:
            await tx.run(update(IMAGES).where(IMAGES.c.task == "uploading").values(status="queued", task=None))

        await retrying(self._store, free)
        async with self._store.read() as tx:
            used = {row["blob"] for row in await tx.all(select(IMAGES.c.blob).where(IMAGES.c.blob.is_not(None)))}
        for blob in await self._blobs.blobs() - used:
            LOG.info("dropping data of no image", blob=blob[:16])
            await self._blobs.delete(blob)
