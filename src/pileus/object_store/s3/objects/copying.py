"""Copies: bytes shared with the source where that is possible."""

from urllib.parse import unquote

import msgspec

from pileus.kernel.api.call import Answer
from pileus.object_store.objects.drafting import OWN
from pileus.object_store.objects.marks import STATIC
from pileus.object_store.s3.access import acl
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.buckets.registry import Registry
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.configuration import encryption, tags
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.objects import conditions
from pileus.object_store.s3.objects.drafting import Drafting, described
from pileus.object_store.s3.objects.finding import Finder, damaged, version_header
from pileus.object_store.s3.objects.naming import CLASS, PARTS, REDIRECT, UPLOAD, etag_of, version_text
from pileus.object_store.s3.objects.reading import Reading
from pileus.object_store.s3.objects.writing import Quota, Writing, failed
from pileus.object_store.s3.signatures.bodies import Body
from pileus.object_store.s3.signatures.claims import Signed
from pileus.object_store.s3.visit import Visit, answer
from pileus.object_store.s3.wire import moments, names
from pileus.object_store.storage import locks
from pileus.object_store.storage.protocol import (
    AlreadyThere,
    Damaged,
    Draft,
    Locked,
    Metadata,
    NoContainer,
    ObjectRecord,
    OtherObject,
    Storage,
    StorageFull,
    WrongKey,
)

_NEVER = frozenset(
    {acl.KEPT, locks.MODE, locks.UNTIL, locks.HOLD, encryption.KEPT, encryption.CUSTOMER, CLASS, UPLOAD, REDIRECT}
)
"""What a copy does not take over: it has its own."""


class Source(msgspec.Struct, frozen=True):
    """What is copied, and the key that opens it."""

    bucket: Bucket
    record: ObjectRecord
    key: bytes | None

    def headers(self) -> dict[str, str]:
        """The header that tells which version was copied."""
        return {"x-amz-copy-source-version-id": version_text(self.record)} if self.bucket.versioned else {}


def named(text: str) -> tuple[str, str, str | None]:
    """Bucket, key and version of a header like `/bucket/key?versionId=1`.

    Raises:
        S3Error: it names none.
    """
    path, mark, query = text.strip().partition("?versionId=")
    wrong = argument(
        "x-amz-copy-source", text, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
    )
    try:
        bucket, slash, key = unquote(path, errors="strict").removeprefix("/").partition("/")
    except UnicodeDecodeError:
        raise wrong from None
    if not bucket or not slash or not key or (mark and not query):
        raise wrong
    names.check_key(key)
    return bucket, key, (None if not mark else "" if query == "null" else unquote(query))


class Copying:
    """Copies objects."""

    def __init__(
        self,
        storage: Storage,
        registry: Registry,
        rights: Rights,
        finder: Finder,
        drafting: Drafting,
        reading: Reading,
        writing: Writing,
        events: Events,
        quota: Quota,
    ) -> None:
        self._storage = storage
        self._registry = registry
        self._rights = rights
        self._finder = finder
        self._drafting = drafting
        self._reading = reading
        self._writing = writing
        self._events = events
        self._quota = quota

    async def source(self, visit: Visit) -> Source:
        """What a request wants copied.

        Raises:
            S3Error: there is none, the caller may not read it, or the conditions on it do not hold.
        """
        name, key, version = named(visit.headers["x-amz-copy-source"])
        bucket = await self._registry.get(name, visit.who)
        action = "s3:GetObject" if version is None else "s3:GetObjectVersion"
        await self._rights.require(visit, action, bucket, key, version)
        record = await self._finder.get(visit, bucket, key, version, content=True)
        conditions.copying(visit.headers, record)
        opened = encryption.opening(visit.headers, record.metadata, "copy-source-")
        return Source(bucket, record, opened.raw if opened else None)

    async def copy(self, visit: Visit) -> Answer:
        """Copy an object."""
        source = await self.source(visit)
        when = conditions.writing(visit.headers)
        draft, lies = await self._draft(visit, source)
        await self._quota(visit.bucket, source.record.size)
        record = await self._made(visit, source, draft, lies, when)
        await self._events.tell(visit, visit.bucket, "s3:ObjectCreated:Copy", record)
        checksum = digests.kept(record.metadata)
        headers = {**lies.headers(), **version_header(visit.bucket, record), **source.headers()}
        content = [("LastModified", moments.iso(record.stamp)), ("ETag", etag_of(record))]
        if checksum:
            content += [("ChecksumType", checksum.kind), (checksum.element, checksum.value)]
        return answer("CopyObjectResult", content, headers)

    async def _made(
        self, visit: Visit, source: Source, draft: Draft, lies: encryption.Wanted, when: conditions.Writing
    ) -> ObjectRecord:
        bucket, key = visit.bucket, visit.key
        if STATIC in source.record.metadata:
            return await self._byte_by_byte(visit, source, draft, lies, when)
        try:
            return await self._storage.copy_object(
                source.record,
                (bucket.account, bucket.name, key),
                draft,
                key=source.key,
                new_key=lies.key,
                encrypt=lies.encrypt,
                absent=when.absent,
                if_etag=when.if_etag,
            )
        except Damaged:
            raise damaged() from None
        except WrongKey:
            raise refuse("AccessDenied") from None
        except (NoContainer, AlreadyThere, Locked, OtherObject, StorageFull) as error:
            failed(error, bucket, key)

    async def _byte_by_byte(
        self, visit: Visit, source: Source, draft: Draft, lies: encryption.Wanted, when: conditions.Writing
    ) -> ObjectRecord:
        """Copy a static large object into one piece."""
        size = int(source.record.metadata[STATIC].partition(":")[2])
        stream = await self._reading.stream(source.record, 0, size, source.key)
        upload = await self._writing.take(visit.bucket, visit.key, Body(stream, Signed(), length=size), lies, "")
        return await self._writing.put(visit, visit.bucket, visit.key, upload, draft, when)

    async def _draft(self, visit: Visit, source: Source) -> tuple[Draft, encryption.Wanted]:
        headers, old = visit.headers, source.record
        replace = _directive(visit, "x-amz-metadata-directive")
        retag = _directive(visit, "x-amz-tagging-directive")
        own, lies = await self._drafting.own(visit, visit.bucket, visit.key, headers)
        wanted, _expected = digests.asked(headers)
        kept: Metadata = {
            name: value
            for name, value in old.metadata.items()
            if name.startswith(OWN) and name not in _NEVER | {STATIC}
        }
        if retag:
            kept.pop(tags.KEPT, None)
        elif tags.KEPT in kept:
            version = old.version if "versionId" in headers["x-amz-copy-source"] else None
            action = "s3:GetObjectTagging" if version is None else "s3:GetObjectVersionTagging"
            await self._rights.require(visit, action, source.bucket, old.name, version)
            own.pop(tags.KEPT, None)
        if wanted and (digests.kept(old.metadata) or digests.Checksum("", "")).algorithm != wanted:
            kept.pop(digests.KEPT, None)
            kept[digests.KEPT] = await self._checksum(source, wanted)
        if STATIC in old.metadata:
            kept.pop(PARTS, None)
        kind, meta = described(headers) if replace else (old.content_type, _plain(old))
        if "x-amz-website-redirect-location" in headers and not replace:
            meta[REDIRECT] = described(headers)[1][REDIRECT]
        same = source.bucket.name == visit.bucket.name and old.name == visit.key and source.record.latest
        changed = replace or lies.metadata() or source.key or CLASS in own or CLASS in old.metadata or REDIRECT in meta
        if same and not changed and "versionId" not in headers["x-amz-copy-source"]:
            raise refuse(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes.",
            )
        return Draft(kind, {**meta, **kept, **own}), lies

    async def _checksum(self, source: Source, algorithm: str) -> str:
        """A checksum of the source's bytes, which are read for it."""
        stream = await self._reading.stream(source.record, 0, source.record.size, source.key)
        body = Body(stream, Signed(), algorithm=algorithm)
        async for _block in body:
            pass
        return digests.Checksum(algorithm, body.checksum).kept()


def _plain(record: ObjectRecord) -> Metadata:
    """The metadata that are a client's own, Swift's manifest left out."""
    return {k: v for k, v in record.metadata.items() if not k.startswith(OWN) and k != "x-object-manifest"}


def _directive(visit: Visit, header: str) -> bool:
    """Whether something is to be replaced."""
    value = visit.header(header) or "COPY"
    if value not in {"COPY", "REPLACE"}:
        raise argument(header, value, f"Unknown {header.removeprefix('x-amz-').replace('-', ' ')}.")
    return value == "REPLACE"
