"""Taking and giving the data of images.

While data come in, the image's row says so (`task`): a lease held by this process, given back when the data break off.
All data come into the staging area first; what is in a store was inspected, and is some image's.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import select, update

from pileus.image.cache.logic import Cache
from pileus.image.data.keeping import Keeper
from pileus.image.errors import ImageGone, WrongStatus
from pileus.image.images.logic import Images
from pileus.image.images.table import IMAGES
from pileus.image.inspection.logic import Inspector
from pileus.image.locations.logic import Locations
from pileus.image.quotas.logic import MIB, SIZE, STAGE
from pileus.image.quotas.logic import UPLOADING as COUNT_UPLOADING
from pileus.image.signatures.verification import Verifier
from pileus.image.staging.area import Area, Staged
from pileus.image.stores.protocol import Shelf, StoreUnreachable, TooMuchData
from pileus.image.stores.registry import Stores
from pileus.kernel import log
from pileus.kernel.api.errors import BadRequest, TooLarge, Unavailable
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

LOG = log.get("image")
UPLOADING, STAGING = "uploading", "staging"
"""What `task` says while data come in: for the image itself, or for its import."""


class Parts(msgspec.Struct, frozen=True):
    """What data are dealt with by."""

    store: Store
    world: World
    images: Images
    cache: Cache
    stores: Stores
    locations: Locations
    area: Area
    keeper: Keeper
    inspector: Inspector
    verifier: Verifier
    node: str
    most: int


class Opened(msgspec.Struct, frozen=True):
    """Data that can be read.

    Attributes:
        path: the file that holds them, where there is one on this machine.
        passing: if set, given all the data as they are read, and gives them on: the cache.
    """

    shelf: Shelf
    name: str
    path: Path | None
    passing: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]] | None = None

    def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The data in pieces, from a byte on."""
        data = self.shelf.read(self.name, start, length)
        return self.passing(data) if self.passing is not None and start == 0 and length is None else data


def facts(staged: Staged, virtual_size: int | None) -> Row:
    """What an image's row says of its data."""
    return {
        "size": staged.size,
        "virtual_size": virtual_size,
        "checksum": staged.md5,
        "os_hash_algo": staged.algorithm,
        "os_hash_value": staged.digest,
    }


class Data:
    """The data of the cloud's images."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def begin(self, tx: Tx, image: Row, task: str = UPLOADING) -> None:
        """Mark an image as being filled, or as being staged.

        Raises:
            WrongStatus: it has data already, or is being filled by somebody else.
            BadRequest: its formats are not set.
            QuotaExceeded: its project has too much already.
        """
        if task == UPLOADING and (image["disk_format"] is None or image["container_format"] is None):
            raise BadRequest("disk_format and container_format must be set before data are uploaded.")
        status = "saving" if task == UPLOADING else "uploading"
        claim = update(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.status == "queued", IMAGES.c.task.is_(None))
        if not await tx.run(claim.values(status=status, task=task)):
            raise WrongStatus(id=image["id"], status=image["status"], verb="given data")
        quotas = self._parts.images.quotas
        await quotas.hold(tx, image["owner"], SIZE if task == UPLOADING else STAGE)
        await quotas.hold(tx, image["owner"], COUNT_UPLOADING, delta=1)
        await self._parts.locations.clear(tx, image["id"])

    async def take(self, image: Row, data: AsyncIterator[bytes], store: str = "") -> None:
        """Store an image's data, after they were inspected, and make the image active.

        Args:
            store: where to; the default store unless given.

        Raises:
            TooLarge: they are too long.
            InvalidFormat: they are not what the image's disk_format says, or point outside of themselves.
            SignatureRefused: they are not what was signed.
            ImageGone: the image was deleted meanwhile.
            Unavailable: the store does not take them.
        """
        name = f"upload-{self._parts.world.ids.hex()}"
        try:
            staged = await self._receive(name, data)
            virtual_size = await self.check(image, self._parts.area.path(name))
            if not await self._accept(image, staged, virtual_size, store or self._parts.stores.default):
                raise ImageGone(id=image["id"])
        except StoreUnreachable as error:
            await self._give_back(image, UPLOADING)
            raise Unavailable(f"The image's data could not be stored: {error}") from error
        except BaseException:
            await asyncio.shield(self._give_back(image, UPLOADING))
            raise
        finally:
            await asyncio.shield(self._parts.area.drop(name))

    async def _receive(self, name: str, data: AsyncIterator[bytes]) -> Staged:
        try:
            return await self._parts.area.take(name, data, self._parts.most)
        except TooMuchData:
            raise TooLarge(f"The image is larger than {self._parts.most} bytes.") from None

    async def check(self, image: Row, path: Path) -> int | None:
        """Whether data may become an image's; the bytes of the disk that they describe.

        Raises:
            InvalidFormat, SignatureRefused: they may not.
        """
        await self._parts.verifier.verify(image["extra"], path)
        return await self._parts.inspector.admit(path, image["disk_format"], image["container_format"])

    async def _accept(self, image: Row, staged: Staged, virtual_size: int | None, store: str) -> bool:
        parts = self._parts

        async def finish(tx: Tx) -> bool:
            mine = select(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.task == UPLOADING)
            current = await tx.first(mine)
            if current is None:
                return False
            await parts.locations.add(tx, image["id"], store, staged.digest)
            await parts.images.save(tx, current, {"status": "active", "task": None, **facts(staged, virtual_size)})
            await parts.images.quotas.hold(tx, current["owner"], SIZE, delta=staged.size // MIB)
            return True

        return await parts.keeper.keep(parts.area.path(staged.name), staged.digest, store, finish, share=True)

    async def stage(self, image: Row, data: AsyncIterator[bytes]) -> None:
        """Keep data for an image's import.

        Raises:
            TooLarge: they are too long.
            ImageGone: the image was deleted meanwhile.
        """
        parts, name = self._parts, f"staged-{self._parts.world.ids.hex()}"
        try:
            staged = await self._receive(name, data)

            async def finish(tx: Tx) -> bool:
                current = await tx.first(select(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.task == STAGING))
                if current is None:
                    return False
                await parts.locations.stage(tx, image["id"], staged, parts.node)
                await parts.images.save(tx, current, {"task": None, "size": staged.size})
                await parts.images.quotas.hold(tx, current["owner"], STAGE, delta=staged.size // MIB)
                return True

            if not await retrying(parts.store, finish):
                raise ImageGone(id=image["id"])
        except BaseException:
            await asyncio.shield(parts.area.drop(name))
            await asyncio.shield(self._give_back(image, STAGING))
            raise

    async def _give_back(self, image: Row, task: str) -> None:
        async def free(tx: Tx) -> None:
            mine = update(IMAGES).where(IMAGES.c.id == image["id"], IMAGES.c.task == task)
            await tx.run(mine.values(status="queued", task=None))

        await retrying(self._parts.store, free)

    async def open(self, image: Row, prefer: Iterable[str] = (), *, caching: bool = True) -> Opened | None:
        """An image's data, from the best place that answers; None if it has none.

        Args:
            prefer: stores to try before the others.
            caching: whether what lies elsewhere is read from the cache, and comes into it.

        Raises:
            StoreUnreachable: it has data, but no place gives them.
        """
        order = list(prefer)
        places = sorted(
            image["locations"], key=lambda place: order.index(place["store"]) if place["store"] in order else len(order)
        )
        reason = StoreUnreachable("The stores of the image are not those of this cloud.")
        for place in places:
            member = self._parts.stores.get(place["store"])
            if member is None:
                continue
            path = await member.shelf.path(place["name"])
            if path is None and caching:
                path = await self._parts.cache.path(image)
            if path is None:
                try:
                    await member.shelf.size(place["name"])
                except StoreUnreachable as error:
                    LOG.warning("image cannot be read", image=image["id"], store=place["store"], error=str(error))
                    reason = error
                    continue
            cached = path is None and caching and self._parts.cache.takes(image)
            passing = partial(self._parts.cache.passing, image) if cached else None
            return Opened(member.shelf, place["name"], path, passing)
        if places:
            raise reason
        return None

    async def staged(self, tx: Tx, image: Row) -> Staged | None:
        """What of an image waits for its import."""
        return await self._parts.locations.staged(tx, image["id"])

    def dropped(self, image: Row, staged: Staged | None) -> None:
        """After an image was deleted: what it alone had goes."""
        self._parts.keeper.forget(image["locations"])
        if staged is not None:
            self._parts.keeper.later(self._parts.area.drop(staged.name))

    async def recover(self) -> None:
        """At the start: images whose data an earlier process did not take whole wait for data again."""

        async def free(tx: Tx) -> None:
            left = update(IMAGES).where(IMAGES.c.task.in_((UPLOADING, STAGING)))
            await tx.run(left.values(status="queued", task=None))

        await retrying(self._parts.store, free)
