"""S3 on the wire.

A path tells the kernel's router only how deep it goes.  Which of S3's operations a request means, its host, query and
headers decide: `operations.py` has them all.
"""

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, options, post, put, resource
from pileus.object_store.s3.door import Door

ALSO = (200, 201, 204, 206, 301, 302, 303, 304, 307, 308)
"""Statuses of success besides the usual: parts of objects, forms, and web sites that lead elsewhere."""


@resource("")
class ServiceResource:
    """The buckets of a project."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @get(anonymous=True, transaction="none", also=ALSO, many=False)
    async def index(self, call: Call) -> Answer:
        """List buckets."""
        return await self._door.answer(call)


@resource("/{bucket}")
class BucketResource:
    """A bucket, with all that it can be told to be."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @get(anonymous=True, transaction="none", also=ALSO, many=False)
    @head(anonymous=True, transaction="none", also=ALSO)
    async def read(self, call: Call, bucket: str) -> Answer:
        """List objects, versions or uploads; show what the bucket was told to be."""
        return await self._door.answer(call)

    @put(anonymous=True, transaction="none", raw=True, also=ALSO)
    async def put(self, call: Call, bucket: str) -> Answer:
        """Make a bucket, or tell it what to be."""
        return await self._door.answer(call)

    @post(anonymous=True, transaction="none", raw=True, status=200, also=ALSO)
    async def post(self, call: Call, bucket: str) -> Answer:
        """Delete many objects, or take an upload by a web form."""
        return await self._door.answer(call)

    @delete(anonymous=True, transaction="none", also=ALSO)
    async def delete(self, call: Call, bucket: str) -> Answer:
        """Delete a bucket, or forget what it was told to be."""
        return await self._door.answer(call)

    @options(anonymous=True, transaction="none", also=ALSO)
    async def preflight(self, call: Call, bucket: str) -> Answer:
        """Tell a browser what pages of other sites may do."""
        return await self._door.answer(call)


@resource("/{bucket}/{key:path}")
class ObjectResource:
    """An object, with its versions, tags, grants, locks and parts."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @get(anonymous=True, transaction="none", also=ALSO, many=False)
    @head(anonymous=True, transaction="none", also=ALSO)
    async def read(self, call: Call, bucket: str, key: str) -> Answer:
        """Send an object, or show what is said of it."""
        return await self._door.answer(call)

    @put(anonymous=True, transaction="none", raw=True, also=ALSO)
    async def put(self, call: Call, bucket: str, key: str) -> Answer:
        """Take or copy an object or a part, or change what is said of it."""
        return await self._door.answer(call)

    @post(anonymous=True, transaction="none", raw=True, status=200, also=ALSO)
    async def post(self, call: Call, bucket: str, key: str) -> Answer:
        """Begin an upload of parts, or join them."""
        return await self._door.answer(call)

    @delete(anonymous=True, transaction="none", also=ALSO)
    async def delete(self, call: Call, bucket: str, key: str) -> Answer:
        """Delete an object or a version, or end an upload of parts."""
        return await self._door.answer(call)

    @options(anonymous=True, transaction="none", also=ALSO)
    async def preflight(self, call: Call, bucket: str, key: str) -> Answer:
        """Tell a browser what pages of other sites may do."""
        return await self._door.answer(call)
