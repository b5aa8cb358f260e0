"""PUT of objects: bytes taken in, checked, and given a name in one step."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.checksums.digests import KEPT as CHECKSUM
from pileus.object_store.s3.checksums.digests import Checksum
from pileus.object_store.s3.configuration import encryption
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.lifecycle import rules as lifecycle
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.objects import conditions
from pileus.object_store.s3.objects.drafting import Drafting, Plan
from pileus.object_store.s3.objects.finding import version_header
from pileus.object_store.s3.objects.naming import etag_of
from pileus.object_store.s3.signatures.bodies import Body, md5_of
from pileus.object_store.s3.visit import Visit
from pileus.object_store.storage.protocol import (
    AlreadyThere,
    Draft,
    Locked,
    NoContainer,
    ObjectRecord,
    OtherObject,
    Storage,
    StorageFull,
    Upload,
)

Quota = Callable[[Bucket, int], Awaitable[None]]
"""Refuses bytes that a bucket or its account has no room for."""


def failed(error: Exception, bucket: Bucket, key: str) -> NoReturn:
    """What the storage refuses, as S3 says it.

    Raises:
        S3Error: always.
    """
    if isinstance(error, NoContainer):
        raise refuse("NoSuchBucket", BucketName=bucket.name) from None
    if isinstance(error, AlreadyThere):
        raise refuse("PreconditionFailed", Condition="If-None-Match") from None
    if isinstance(error, OtherObject):
        if error.missing:
            raise refuse("NoSuchKey", Key=key) from None
        raise refuse("PreconditionFailed", Condition="If-Match") from None
    if isinstance(error, Locked):
        raise refuse("AccessDenied", "Access Denied because object protected by object lock.") from None
    if isinstance(error, StorageFull):
        raise refuse("InsufficientStorage") from None
    raise error


class Writing:
    """Takes objects.

    Args:
        most: bytes of an object in one piece at the most.
        quota: refuses what there is no room for.
    """

    def __init__(self, storage: Storage, drafting: Drafting, events: Events, quota: Quota, most: int) -> None:
        self._storage = storage
        self._drafting = drafting
        self._events = events
        self._quota = quota
        self._most = most

    async def take(self, bucket: Bucket, key: str, body: Body, lies: encryption.Wanted, md5: str) -> Upload:
        """Take a body in; it is sealed then.  Whoever gets it must put or abandon it.

        Raises:
            S3Error: it is too long, or not what was announced.
        """
        if body.length is not None and body.length > self._most:
            raise refuse("EntityTooLarge", ProposedSize=str(body.length), MaxSizeAllowed=str(self._most))
        await self._quota(bucket, body.length or 0)
        upload = self._storage.upload(bucket.account, bucket.name, key, key=lies.key, encrypt=lies.encrypt)
        try:
            async for block in body:
                if upload.size + len(block) > self._most:
                    raise refuse("EntityTooLarge", MaxSizeAllowed=str(self._most))
                await upload.add(block)
            etag = await upload.seal()
            if md5 and md5 != etag:
                raise refuse("BadDigest")
        except StorageFull:
            await upload.abandon()
            raise refuse("InsufficientStorage") from None
        except BaseException:
            await upload.abandon()
            raise
        return upload

    async def put(
        self, visit: Visit, bucket: Bucket, key: str, upload: Upload, draft: Draft, when: conditions.Writing
    ) -> ObjectRecord:
        """Give a sealed upload its name.

        Raises:
            S3Error: the conditions do not hold, or there is no bucket any more.
        """
        try:
            return await self._storage.put_object(
                bucket.account, bucket.name, key, upload, draft, absent=when.absent, if_etag=when.if_etag
            )
        except (NoContainer, AlreadyThere, Locked, OtherObject, StorageFull) as error:
            failed(error, bucket, key)
        finally:
            await upload.abandon()

    async def store(
        self,
        visit: Visit,
        key: str,
        body: Body,
        plan: Plan,
        event: str,
        *,
        md5: str = "",
        when: conditions.Writing | None = None,
    ) -> tuple[ObjectRecord, dict[str, str]]:
        """Make a body the object at a key; it, and the headers that tell of it.

        Raises:
            S3Error: see `take` and `put`.
        """
        bucket = visit.bucket
        upload = await self.take(bucket, key, body, plan.lies, md5)
        draft, headers = plan.draft, dict(plan.lies.headers())
        if body.algorithm:
            checksum = Checksum(body.algorithm, body.checksum)
            draft = Draft(draft.content_type, {**draft.metadata, CHECKSUM: checksum.kept()})
            headers |= checksum.headers()
        record = await self.put(visit, bucket, key, upload, draft, when or conditions.Writing())
        await self._events.tell(visit, bucket, event, record)
        rules = bucket.document("lifecycle", list[lifecycle.Rule])
        headers |= {"ETag": etag_of(record), **version_header(bucket, record)}
        if rules:
            headers |= lifecycle.expiration_header(rules, record)
        return record, headers

    async def put_object(self, visit: Visit) -> Answer:
        """Take an object."""
        _length_known(visit.headers, visit.length())
        if "x-amz-write-offset-bytes" in visit.headers:
            raise refuse("NotImplemented", "Objects cannot be appended to.", Header="x-amz-write-offset-bytes")
        when = conditions.writing(visit.headers)
        plan = await self._drafting.new(visit)
        md5 = md5_of(visit.headers.get("content-md5"))
        _record, headers = await self.store(
            visit, visit.key, visit.body(), plan, "s3:ObjectCreated:Put", md5=md5, when=when
        )
        return Answer(200, headers)


def _length_known(headers: Mapping[str, str], length: int | None) -> None:
    if length is None or ("content-length" not in headers and "transfer-encoding" not in headers and length):
        raise refuse("MissingContentLength")
