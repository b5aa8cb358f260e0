"""The walk of every request: what is asked, who asks, which bucket, may they, and then the operation."""

from pileus.kernel.api.call import Answer, Call
from pileus.object_store.s3 import asked as asking
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.asked import Asked
from pileus.object_store.s3.buckets.registry import Registry
from pileus.object_store.s3.configuration import cors
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.operations import Table
from pileus.object_store.s3.signatures.verification import Verification
from pileus.object_store.s3.visit import Visit
from pileus.object_store.s3.website.serving import Website


class Door:
    """Lets requests in.

    Args:
        regions: that signatures may be for.
    """

    def __init__(
        self,
        verification: Verification,
        registry: Registry,
        rights: Rights,
        website: Website,
        *,
        regions: tuple[str, ...],
    ) -> None:
        self._verification = verification
        self._registry = registry
        self._rights = rights
        self._website = website
        self._regions = regions
        self.table = Table([])

    async def answer(self, call: Call) -> Answer:
        """The answer to a request.

        Raises:
            S3Error: there is none.
        """
        asked = asking.read(call, self._regions)
        visit = Visit(call, asked)
        if call.request.method == "OPTIONS":
            return cors.preflight(visit, await self._registry.find(asked.bucket, visit.who))
        if asked.website:
            visit.enter(await self._registry.get(asked.bucket, visit.who))
            return await self._website.show(visit)
        found = await self._verification.authenticate(asked.received)
        if found is not None:
            visit.who, visit.signed = found
        call.who = visit.who
        operation = self.table.find(asked)
        creates = asked.level == "bucket" and operation.method == "PUT" and not operation.flag
        if asked.level == "service" or creates:
            return await operation.run(visit)
        await self._enter(visit, asked)
        if operation.action:
            right = operation.right(asked)
            await self._rights.require(visit, right, visit.bucket, asked.key, visit.version if asked.key else None)
        return await operation.run(visit)

    async def _enter(self, visit: Visit, asked: Asked) -> None:
        """Find the bucket, and tell the browser of a page elsewhere what it may.

        Raises:
            S3Error: there is none, or it is another's than the client thinks.
        """
        bucket = await self._registry.get(asked.bucket, visit.who)
        visit.enter(bucket)
        expected = visit.header("x-amz-expected-bucket-owner")
        if expected and expected != bucket.owner:
            raise refuse("AccessDenied")
        origin = visit.header("origin")
        if origin:
            visit.call.headers |= cors.headers_of(bucket, origin, asked.received.method)
        if any(ord(letter) < 32 for letter in visit.headers.get("x-amz-request-payer", "")):
            raise argument("x-amz-request-payer", "", "The value is not right")
