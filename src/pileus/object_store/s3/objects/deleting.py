"""Deletions: of one object or version, and of up to a thousand in one request."""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import S3Error, refuse
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.objects.finding import Finder
from pileus.object_store.s3.objects.naming import version_text
from pileus.object_store.s3.visit import Visit, answer, nothing
from pileus.object_store.s3.wire import names, xml
from pileus.object_store.storage import locks
from pileus.object_store.storage.protocol import TICKS, Deletion, Locked, NoContainer, OtherObject, Storage

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST = 1000
AT_ONCE = 64


class Wish(msgspec.Struct, frozen=True):
    """What is to be deleted."""

    key: str
    version: str | None = None
    etag: str | None = None


class Deleting:
    """Deletes objects."""

    def __init__(self, storage: Storage, rights: Rights, finder: Finder, events: Events) -> None:
        self._storage = storage
        self._rights = rights
        self._finder = finder
        self._events = events

    async def one(self, visit: Visit, bucket: Bucket, wish: Wish) -> Deletion:
        """Delete an object or a version.

        Raises:
            S3Error: the caller may not, it is locked, or it is not the one that was meant.
        """
        action = "s3:DeleteObject" if wish.version is None else "s3:DeleteObjectVersion"
        await self._rights.require(visit, action, bucket, wish.key, wish.version)
        bypass = wish.version is not None and await self._bypass(visit, bucket, wish)
        try:
            done = await self._storage.delete_object(
                bucket.account, bucket.name, wish.key, version=wish.version, if_etag=wish.etag, bypass=bypass
            )
        except Locked:
            raise refuse("AccessDenied", "Access Denied because object protected by object lock.") from None
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        except OtherObject as error:
            if error.missing:
                raise refuse("NoSuchKey", Key=wish.key) from None
            raise refuse("PreconditionFailed", Condition="If-Match") from None
        if done.marker is not None:
            await self._events.tell(visit, bucket, "s3:ObjectRemoved:DeleteMarkerCreated", done.marker)
        elif done.gone is not None:
            await self._events.tell(visit, bucket, "s3:ObjectRemoved:Delete", done.gone)
        return done

    async def _bypass(self, visit: Visit, bucket: Bucket, wish: Wish) -> bool:
        """Whether a lock in governance mode is to be set aside."""
        if not visit.flag("x-amz-bypass-governance-retention"):
            return False
        record = await self._finder.find(bucket, wish.key, wish.version)
        if record is None or not locks.locked(record.metadata, visit.now // TICKS):
            return False
        await self._rights.require(visit, "s3:BypassGovernanceRetention", bucket, wish.key, wish.version)
        return True

    async def delete(self, visit: Visit) -> Answer:
        """Delete an object or a version."""
        match = visit.headers.get("if-match")
        etag = None if match is None or match.strip() == "*" else match.strip().strip('"')
        if match is not None and etag is None:
            await self._finder.get(visit, visit.bucket, visit.key, visit.version)
        done = await self.one(visit, visit.bucket, Wish(visit.key, visit.version, etag))
        headers: dict[str, str] = {}
        if done.marker is not None:
            headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version_text(done.marker)}
        elif visit.version is not None:
            headers = {"x-amz-version-id": visit.version or "null"}
            if done.gone is not None and done.gone.marker:
                headers["x-amz-delete-marker"] = "true"
        return nothing(204, headers)

    async def many(self, visit: Visit) -> Answer:
        """Delete up to a thousand objects."""
        summed = any(name == "content-md5" or name.startswith("x-amz-checksum-") for name in visit.headers)
        if not summed and "x-amz-trailer" not in visit.headers and visit.signed.payload.startswith("UNSIGNED"):
            raise refuse("InvalidRequest", "Missing required header for this request: Content-MD5")
        root = await visit.xml("Delete", most=4 << 20)
        try:
            quiet, wishes = _wishes(root)
        except ValueError:
            raise refuse("MalformedXML") from None
        turns = asyncio.Semaphore(AT_ONCE)

        async def outcome(wish: Wish) -> tuple[str, xml.Node]:
            async with turns:
                return await self._outcome(visit, wish)

        results = await asyncio.gather(*map(outcome, wishes))
        return answer("DeleteResult", [entry for entry in results if not (quiet and entry[0] == "Deleted")])

    async def _outcome(self, visit: Visit, wish: Wish) -> tuple[str, xml.Node]:
        version = None if wish.version is None else wish.version or "null"
        try:
            names.check_key(wish.key)
            done = await self.one(visit, visit.bucket, wish)
        except S3Error as error:
            content: list[tuple[str, xml.Node]] = [("Key", wish.key), ("VersionId", version)]
            return "Error", [*content, ("Code", error.code), ("Message", error.text)]
        marker = done.marker or (done.gone if done.gone is not None and done.gone.marker else None)
        more: list[tuple[str, xml.Node]] = []
        if marker is not None:
            more = [("DeleteMarker", True), ("DeleteMarkerVersionId", version_text(marker))]
        return "Deleted", [("Key", wish.key), ("VersionId", version), *more]


def _wishes(root: "Element") -> tuple[bool, list[Wish]]:
    xml.only(root, ("Object", "Quiet"))
    found = root.findall("Object")
    if not 0 < len(found) <= MOST:
        raise ValueError("too few or too many")
    wishes = []
    for item in found:
        xml.only(item, ("Key", "VersionId", "ETag", "LastModifiedTime", "Size"))
        key = item.findtext("Key") or ""
        if not key or len(item.findall("Key")) != 1:
            raise ValueError("a key is expected")
        version, etag = xml.text(item, "VersionId"), xml.text(item, "ETag")
        wishes.append(Wish(key, None if not version else "" if version == "null" else version, etag.strip('"') or None))
    return xml.one_of(root, "Quiet", ("true", "false"), "false") == "true", wishes
