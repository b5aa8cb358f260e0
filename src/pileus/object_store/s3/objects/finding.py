"""Objects found, or the right error for those that are not."""

from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import S3Error, refuse
from pileus.object_store.s3.objects.naming import version_text
from pileus.object_store.s3.visit import Visit
from pileus.object_store.s3.wire import moments
from pileus.object_store.storage.protocol import TICKS, Damaged, NoContainer, ObjectRecord, Query, Storage


def version_header(bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    """The header that tells an object's version, where versions are kept."""
    return {"x-amz-version-id": version_text(record)} if bucket.versioned else {}


def damaged() -> S3Error:
    """The error for bytes that are not those that were put."""
    return refuse("ServiceUnavailable", "The object's data are damaged.")


class Finder:
    """Finds objects."""

    def __init__(self, storage: Storage, rights: Rights) -> None:
        self._storage = storage
        self._rights = rights

    async def find(
        self, bucket: Bucket, key: str, version: str | None, *, content: bool = False
    ) -> ObjectRecord | None:
        """An object whose time has not run out, or that version; it may be a marker."""
        try:
            return await self._storage.object(bucket.account, bucket.name, key, content=content, version=version)
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        except Damaged:
            raise damaged() from None

    async def get(
        self, visit: Visit, bucket: Bucket, key: str, version: str | None, *, content: bool = False
    ) -> ObjectRecord:
        """An object.

        Raises:
            S3Error: there is none, or it was deleted.
        """
        record = await self.find(bucket, key, version, content=content)
        if record is None or 0 < record.delete_at <= visit.now // TICKS:
            raise await self._missing(visit, bucket, key, version)
        if record.marker:
            error = refuse(
                "MethodNotAllowed" if version is not None else "NoSuchKey", Method=visit.asked.received.method
            )
            error.headers |= {"x-amz-delete-marker": "true", **version_header(bucket, record)}
            if version is not None:
                error.headers |= {"Allow": "DELETE", "Last-Modified": moments.modified(record.stamp)}
            raise error
        return record

    async def _missing(self, visit: Visit, bucket: Bucket, key: str, version: str | None) -> S3Error:
        """What those are told who ask for what is not there: those who may not list do not learn that."""
        if not await self._rights.may(visit, "s3:ListBucket", bucket):
            return refuse("AccessDenied")
        if version is not None:
            return refuse("NoSuchVersion", Key=key, VersionId=version or "null")
        error = refuse("NoSuchKey", Key=key)
        if bucket.versioned:
            query = Query(prefix=key, limit=1, versions=True)
            for found in await self._storage.objects(bucket.account, bucket.name, query):
                if isinstance(found, ObjectRecord) and found.name == key and found.marker:
                    error.headers |= {"x-amz-delete-marker": "true", **version_header(bucket, found)}
        return error
