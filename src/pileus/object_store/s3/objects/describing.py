"""What is said of objects beside their bytes: grants, tags, locks, attributes."""

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access import acl
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.buckets.bucket import kept
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.configuration import encryption, locking, tags
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.multipart.layout import pieces_of
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.objects.drafting import refuse_acl
from pileus.object_store.s3.objects.finding import Finder, version_header
from pileus.object_store.s3.objects.naming import CLASS, etag, size_of
from pileus.object_store.s3.visit import Visit, answer, nothing
from pileus.object_store.s3.wire import moments, xml
from pileus.object_store.storage import locks
from pileus.object_store.storage.protocol import TICKS, ObjectRecord, Storage

_ATTRIBUTES = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


class Describing:
    """Tells and changes what is said of objects."""

    def __init__(self, storage: Storage, rights: Rights, finder: Finder, events: Events) -> None:
        self._storage = storage
        self._rights = rights
        self._finder = finder
        self._events = events

    async def _get(self, visit: Visit) -> ObjectRecord:
        return await self._finder.get(visit, visit.bucket, visit.key, visit.version)

    async def _mark(self, visit: Visit, record: ObjectRecord, change: dict[str, str | None]) -> dict[str, str]:
        """Change what is said of a version; the header that tells which."""
        bucket = visit.bucket
        made = await self._storage.mark_object(bucket.account, bucket.name, visit.key, change, version=record.version)
        if made is None:
            raise refuse("NoSuchKey", Key=visit.key)
        return version_header(bucket, record)

    async def get_acl(self, visit: Visit) -> Answer:
        """Show an object's grants."""
        record = await self._get(visit)
        found = acl.kept(record.metadata, visit.bucket.owner)
        return answer("AccessControlPolicy", acl.shown(found), version_header(visit.bucket, record))

    async def put_acl(self, visit: Visit) -> Answer:
        """Replace an object's grants."""
        record = await self._get(visit)
        found = await wanted_acl(visit)
        text = None if found == acl.private(visit.bucket.owner) else kept(found)
        headers = await self._mark(visit, record, {acl.KEPT: text})
        await self._events.tell(visit, visit.bucket, "s3:ObjectAcl:Put", record)
        return nothing(200, headers)

    async def get_tags(self, visit: Visit) -> Answer:
        """Show an object's tags."""
        record = await self._get(visit)
        return answer("Tagging", tags.shown(tags.tags_of(record.metadata)), version_header(visit.bucket, record))

    async def put_tags(self, visit: Visit) -> Answer:
        """Replace an object's tags."""
        try:
            found = tags.of_xml(await visit.xml("Tagging"), tags.MOST_OF_OBJECT)
        except ValueError:
            raise refuse("MalformedXML") from None
        record = await self._get(visit)
        headers = await self._mark(visit, record, {tags.KEPT: tags.kept(found)})
        await self._events.tell(visit, visit.bucket, "s3:ObjectTagging:Put", record)
        return nothing(200, headers)

    async def delete_tags(self, visit: Visit) -> Answer:
        """Take an object's tags away."""
        record = await self._get(visit)
        headers = await self._mark(visit, record, {tags.KEPT: None})
        await self._events.tell(visit, visit.bucket, "s3:ObjectTagging:Delete", record)
        return nothing(204, headers)

    def _needs_lock(self, visit: Visit) -> None:
        if not visit.bucket.has("lock"):
            raise refuse("InvalidRequest", "Bucket is missing Object Lock Configuration")

    async def get_retention(self, visit: Visit) -> Answer:
        """Show until when a version is locked."""
        self._needs_lock(visit)
        found = locking.retention_of((await self._get(visit)).metadata)
        if found is None:
            raise refuse("NoSuchObjectLockConfiguration")
        until = moments.iso(found.until * TICKS)
        return answer("Retention", [("Mode", found.mode), ("RetainUntilDate", until)])

    async def put_retention(self, visit: Visit) -> Answer:
        """Lock a version, or change its lock."""
        self._needs_lock(visit)
        try:
            wanted = locking.parse_retention(await visit.xml("Retention"), visit.now)
        except ValueError:
            raise refuse("MalformedXML") from None
        record = await self._get(visit)
        bypass = visit.flag("x-amz-bypass-governance-retention") and await self._rights.may(
            visit, "s3:BypassGovernanceRetention", visit.bucket, visit.key, visit.version
        )
        old = locking.retention_of(record.metadata)
        locking.check_change(old, wanted, visit.now // TICKS, bypass=bypass)
        gone: dict[str, str | None] = {locks.MODE: None, locks.UNTIL: None}
        return nothing(200, await self._mark(visit, record, {**gone, **(wanted.metadata() if wanted else {})}))

    async def get_hold(self, visit: Visit) -> Answer:
        """Show whether a version is on legal hold."""
        self._needs_lock(visit)
        record = await self._get(visit)
        if locks.HOLD not in record.metadata:
            raise refuse("NoSuchObjectLockConfiguration")
        return answer("LegalHold", [("Status", record.metadata[locks.HOLD])])

    async def put_hold(self, visit: Visit) -> Answer:
        """Put a version on legal hold, or let it go."""
        self._needs_lock(visit)
        try:
            status = xml.one_of(await visit.xml("LegalHold"), "Status", ("ON", "OFF"))
        except ValueError:
            raise refuse("MalformedXML") from None
        record = await self._get(visit)
        return nothing(200, await self._mark(visit, record, {locks.HOLD: status}))

    async def attributes(self, visit: Visit) -> Answer:
        """Show chosen attributes of an object."""
        wanted = {part.strip() for part in visit.header("x-amz-object-attributes").split(",") if part.strip()}
        if not wanted or wanted - _ATTRIBUTES:
            raise argument("x-amz-object-attributes", ",".join(sorted(wanted)), "Invalid attribute name specified.")
        record = await self._get(visit)
        encryption.opening(visit.headers, record.metadata)
        checksum = digests.kept(record.metadata)
        content: list[tuple[str, xml.Node]] = []
        if "ETag" in wanted:
            content.append(("ETag", etag(record)))
        if "Checksum" in wanted and checksum:
            content.append(("Checksum", [(checksum.element, checksum.value), ("ChecksumType", checksum.kind)]))
        if "ObjectParts" in wanted:
            content.append(("ObjectParts", self._parts(visit, record, checksum)))
        if "StorageClass" in wanted:
            content.append(("StorageClass", record.metadata.get(CLASS, "STANDARD")))
        if "ObjectSize" in wanted:
            content.append(("ObjectSize", size_of(record)))
        headers = {"Last-Modified": moments.modified(record.stamp), **version_header(visit.bucket, record)}
        return answer("GetObjectAttributesResponse", content, headers)

    def _parts(self, visit: Visit, record: ObjectRecord, checksum: digests.Checksum | None) -> xml.Node:
        pieces = pieces_of(record.metadata)
        if not pieces:
            return None
        most, after = (visit.header(f"x-amz-{name}") for name in ("max-parts", "part-number-marker"))
        limit = min(int(most), 1000) if most.isascii() and most.isdecimal() else 1000
        marker = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
        rest = [piece for piece in pieces if piece.number > marker]
        entries: list[tuple[str, xml.Node]] = [
            (
                "Part",
                [
                    (checksum.element if checksum else "", piece.checksum)
                    if checksum and piece.checksum
                    else ("", None),
                    ("PartNumber", piece.number),
                    ("Size", piece.size),
                ],
            )
            for piece in rest[:limit]
        ]
        head: list[tuple[str, xml.Node]] = [
            ("IsTruncated", len(rest) > limit),
            ("MaxParts", limit),
            ("NextPartNumberMarker", rest[:limit][-1].number if rest[:limit] else 0),
            ("PartNumberMarker", marker),
            ("PartsCount", len(pieces)),
        ]
        return [*head, *entries]


async def wanted_acl(visit: Visit) -> acl.Acl:
    """The grants that a request wants a bucket or object to have.

    Raises:
        S3Error: they cannot be, or the bucket wants none.
    """
    owner = visit.bucket.owner
    found = acl.of_headers(visit.headers, owner, owner)
    data = await visit.document()
    if found is None:
        if not data.strip():
            raise refuse(
                "MissingSecurityHeader", "Your request was missing a required header", MissingHeaderName="x-amz-acl"
            )
        try:
            root = xml.parse(data, "AccessControlPolicy")
        except ValueError:
            raise refuse("MalformedACLError") from None
        found = acl.of_xml(root, owner)
    elif data.strip():
        raise refuse("UnexpectedContent")
    refuse_acl(visit.bucket, found, visit.header("x-amz-acl"))
    return found
