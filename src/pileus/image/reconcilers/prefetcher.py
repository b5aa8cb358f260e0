"""Images that somebody queued come into the cache, and what does not belong there goes."""

from sqlalchemy import select

from pileus.image.cache.logic import TOPIC, Cache, NotWhole
from pileus.image.data.logic import Data
from pileus.image.images.logic import Images
from pileus.image.images.table import IMAGES
from pileus.image.stores.protocol import StoreUnreachable
from pileus.kernel import log
from pileus.kernel.store import Row, Store
from pileus.kernel.store.database import retrying

LOG = log.get("image")


class Prefetcher:
    """Empties the queue of the image cache, and keeps the cache tidy."""

    name = "image.cache"
    interval = 60.0
    topics: tuple[str, ...] = (TOPIC,)

    def __init__(self, store: Store, cache: Cache, data: Data, images: Images) -> None:
        self._store = store
        self._cache = cache
        self._data = data
        self._images = images

    async def converge(self) -> int:
        """Fetch what is queued and drop what is stray; how much of both."""
        if not self._cache.on:
            return 0
        done = await self._cache.clean()
        async with self._store.read() as tx:
            queued = await self._cache.queued(tx)
        for image_id in queued:
            await self._fetch(image_id)
        return done + len(queued)

    async def _fetch(self, image_id: str) -> None:
        row = await self._image(image_id)
        try:
            if row is not None and row["status"] == "active":
                opened = await self._data.open(row, caching=False)
                if opened is not None:
                    await self._cache.fetch(row, opened.read())
        except (StoreUnreachable, NotWhole, OSError) as error:
            LOG.warning("image not cached", image=image_id, error=str(error))
        await retrying(self._store, lambda tx: self._cache.unqueue(tx, image_id))

    async def _image(self, image_id: str) -> Row | None:
        async with self._store.read() as tx:
            row = await tx.first(select(IMAGES).where(IMAGES.c.id == image_id))
            if row is not None:
                await self._images.locate(tx, [row])
            return row
