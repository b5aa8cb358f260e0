"""The image cache on the wire."""

from collections.abc import Sequence
from typing import Any

from pileus.image.cache.logic import Cache
from pileus.image.errors import ImageNotFound
from pileus.image.images.logic import Images
from pileus.image.rules import ADMIN
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound


@resource("/cache", policy="%s")
class CacheResource:
    """What is in the image cache of this machine, and what is to come into it."""

    def __init__(self, cache: Cache, images: Images) -> None:
        self._cache = cache
        self._images = images

    def _asked(self) -> None:
        if not self._cache.on:
            raise NotFound("Caching via API is not supported at this site.")

    @get(rule="cache_list", allow=ADMIN, many=False, raises=(NotFound,))
    async def list(self, call: Call) -> dict[str, Any]:
        """List the images that are in the cache, and those that are queued for it."""
        self._asked()
        rows = await self._cache.cached(call.tx)
        cached = [
            {
                "image_id": row["image_id"],
                "hits": row["hits"],
                "last_accessed": row["last_accessed"].timestamp(),
                "last_modified": row["last_modified"].timestamp(),
                "size": row["size"],
            }
            for row in rows
        ]
        return {"cached_images": cached, "queued_images": await self._cache.queued(call.tx)}

    @put("/{image_id}", body=None, status=202, rule="cache_image", allow=ADMIN, raises=(NotFound, BadRequest))
    async def queue(self, call: Call, image_id: str) -> None:
        """Have an image fetched into the cache."""
        self._asked()
        image = await self._images.get(call.tx, call.who, image_id)
        if image["status"] != "active":
            raise BadRequest("Only images with status active can be targeted for queueing")
        await self._cache.queue(call.tx, image_id)

    @delete("/{image_id}", rule="cache_delete", allow=ADMIN, raises=(NotFound,))
    async def remove(self, call: Call, image_id: str) -> None:
        """Take an image out of the cache, or out of its queue."""
        self._asked()
        await self._images.get(call.tx, call.who, image_id)
        await self._cache.drop(call.tx, image_id)
        await self._cache.unqueue(call.tx, image_id)

    @delete(rule="cache_delete", allow=ADMIN, raises=(NotFound, BadRequest))
    async def clear(self, call: Call) -> None:
        """Empty the cache and its queue; with `x-image-cache-clear-target`, one of them."""
        self._asked()
        target = call.request.headers.get("x-image-cache-clear-target", "").lower()
        if target not in {"", "cache", "queue"}:
            raise BadRequest("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
        if target != "queue":
            await self._cache.drop(call.tx)
        if target != "cache":
            await self._cache.unqueue(call.tx)

    @get("/nodes/{image_id}", rule="list_cached_nodes", allow=ADMIN, many=False, raises=(ImageNotFound,))
    async def nodes(self, call: Call, image_id: str) -> Sequence[str]:
        """List the nodes whose caches have an image."""
        self._asked()
        await self._images.get(call.tx, call.who, image_id)
        return await self._cache.nodes(call.tx, image_id)

    @post("/clean", body=None, status=200, transaction="none", rule="cache_clean", allow=ADMIN, raises=(NotFound,))
    async def clean(self, call: Call) -> None:
        """Drop what does not belong into the cache."""
        self._asked()
        await self._cache.clean()

    @post("/prune", body=None, status=200, transaction="none", rule="cache_prune", allow=ADMIN, raises=(NotFound,))
    async def prune(self, call: Call) -> dict[str, int]:
        """Make the cache as small as it may be."""
        self._asked()
        files, size = await self._cache.prune()
        return {"total_files_pruned": files, "total_bytes_pruned": size}
