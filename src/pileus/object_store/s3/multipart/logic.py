"""Objects that arrive in parts: begun, put, listed, joined and abandoned."""

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.buckets.listing import encoder
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.configuration import encryption
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.multipart.layout import INITIATOR, MOST_PARTS, WANTED
from pileus.object_store.s3.objects.copying import Copying
from pileus.object_store.s3.objects.drafting import Drafting
from pileus.object_store.s3.objects.naming import CLASS, size_of
from pileus.object_store.s3.objects.reading import Reading
from pileus.object_store.s3.objects.writing import Writing, failed
from pileus.object_store.s3.signatures.bodies import Body, md5_of
from pileus.object_store.s3.signatures.claims import Signed
from pileus.object_store.s3.visit import Visit, answer, nothing
from pileus.object_store.s3.wire import moments, names, xml
from pileus.object_store.storage.protocol import (
    Draft,
    NoContainer,
    NoUpload,
    PartRecord,
    Query,
    Storage,
    StorageFull,
    Subdir,
    UploadRecord,
)

Items = list[tuple[str, xml.Node]]


class Multipart:
    """Uploads of parts."""

    def __init__(
        self,
        storage: Storage,
        drafting: Drafting,
        reading: Reading,
        writing: Writing,
        copying: Copying,
    ) -> None:
        self._storage = storage
        self._drafting = drafting
        self._reading = reading
        self._writing = writing
        self._copying = copying

    async def _upload(self, visit: Visit) -> UploadRecord:
        """The upload that is asked for.

        Raises:
            S3Error: there is none.
        """
        upload_id, bucket = visit.asked.query["uploadId"], visit.bucket
        found = await self._storage.upload_of_parts(bucket.account, bucket.name, upload_id)
        if found is None or found.name != visit.key:
            raise refuse("NoSuchUpload", UploadId=upload_id)
        return found

    async def begin(self, visit: Visit) -> Answer:
        """Begin an upload."""
        plan = await self._drafting.new(visit)
        algorithm, _value = digests.asked(visit.headers)
        kind = visit.header("x-amz-checksum-type").upper()
        if kind and not algorithm:
            raise refuse(
                "InvalidRequest",
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )
        metadata = {**plan.draft.metadata, INITIATOR: visit.who.project_id}
        headers = dict(plan.lies.headers())
        if algorithm:
            kind = digests.kind_of(algorithm, kind)
            metadata[WANTED] = f"{algorithm};{kind}"
            headers |= {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
        bucket, draft = visit.bucket, Draft(plan.draft.content_type, metadata)
        try:
            upload_id = await self._storage.begin_parts(bucket.account, bucket.name, visit.key, draft)
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        content = [("Bucket", bucket.name), ("Key", visit.key), ("UploadId", upload_id)]
        return answer("InitiateMultipartUploadResult", content, headers)

    def _number(self, visit: Visit) -> int:
        text = visit.asked.query.get("partNumber", "")
        if not text.isascii() or not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_PARTS:
            raise argument("partNumber", text, f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive")
        return int(text)

    def _lies(self, visit: Visit, upload: UploadRecord) -> encryption.Wanted:
        """How the parts of an upload lie."""
        metadata = upload.draft.metadata
        if encryption.CUSTOMER in metadata or encryption.customer_key(visit.headers):
            return encryption.Wanted(customer=encryption.opening(visit.headers, metadata))
        algorithm, _, key_id = metadata.get(encryption.KEPT, "").partition("=")
        return encryption.Wanted(algorithm, key_id)

    async def put_part(self, visit: Visit) -> Answer:
        """Take a part."""
        number, upload = self._number(visit), await self._upload(visit)
        if visit.length() is None:
            raise refuse("MissingContentLength")
        lies, body = self._lies(visit, upload), visit.body()
        wanted = upload.draft.metadata.get(WANTED, "").partition(";")[0]
        if body.algorithm and wanted and body.algorithm != wanted:
            raise refuse(
                "InvalidRequest",
                f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
                f"actual checksum Type: {body.algorithm.lower()}",
            )
        if wanted and not body.algorithm:
            body = Body(visit._bytes(), visit.signed, length=visit.length(), algorithm=wanted)
        made = await self._keep(visit, upload, number, body, lies, md5_of(visit.headers.get("content-md5")))
        headers = {"ETag": f'"{made.etag}"', **lies.headers()}
        if body.algorithm:
            headers[f"x-amz-checksum-{body.algorithm.lower()}"] = body.checksum
        return nothing(200, headers)

    async def _keep(
        self, visit: Visit, upload: UploadRecord, number: int, body: Body, lies: encryption.Wanted, md5: str
    ) -> PartRecord:
        bucket = visit.bucket
        taken = await self._writing.take(bucket, visit.key, body, lies, md5)
        note = f"{body.algorithm}={body.checksum}" if body.algorithm else ""
        try:
            return await self._storage.put_part(bucket.account, bucket.name, upload.id, number, taken, note=note)
        except NoUpload:
            raise refuse("NoSuchUpload", UploadId=upload.id) from None
        except (NoContainer, StorageFull) as error:
            failed(error, bucket, visit.key)
        finally:
            await taken.abandon()

    async def copy_part(self, visit: Visit) -> Answer:
        """Take a part from another object."""
        number, upload = self._number(visit), await self._upload(visit)
        source = await self._copying.source(visit)
        lies, size = self._lies(visit, upload), size_of(source.record)
        start, end = _copied(visit.headers.get("x-amz-copy-source-range"), size)
        stream = await self._reading.stream(source.record, start, end - start, source.key)
        algorithm = upload.draft.metadata.get(WANTED, "").partition(";")[0]
        body = Body(stream, Signed(), length=end - start, algorithm=algorithm)
        made = await self._keep(visit, upload, number, body, lies, "")
        content = [("LastModified", moments.iso(made.stamp)), ("ETag", f'"{made.etag}"')]
        if body.algorithm:
            content.append((f"Checksum{body.algorithm}", body.checksum))
        return answer("CopyPartResult", content, {**lies.headers(), **source.headers()})

    async def abandon(self, visit: Visit) -> Answer:
        """End an upload and forget its parts."""
        upload, bucket = await self._upload(visit), visit.bucket
        try:
            await self._storage.abandon_parts(bucket.account, bucket.name, upload.id)
        except NoUpload:
            raise refuse("NoSuchUpload", UploadId=upload.id) from None
        return nothing(204)

    async def parts(self, visit: Visit) -> Answer:
        """List an upload's parts."""
        upload, bucket = await self._upload(visit), visit.bucket
        limit = visit.number("max-parts", 1000, 1000)
        after = visit.number("part-number-marker", 0, 1 << 30)
        found = await self._storage.parts(bucket.account, bucket.name, upload.id, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        algorithm, _, kind = upload.draft.metadata.get(WANTED, "").partition(";")
        content: Items = [
            ("Bucket", bucket.name),
            ("Key", visit.key),
            ("UploadId", upload.id),
            *_people(upload, bucket),
            ("StorageClass", upload.draft.metadata.get(CLASS, "STANDARD")),
            ("ChecksumAlgorithm", algorithm or None),
            ("ChecksumType", kind or None),
            ("PartNumberMarker", after),
            ("NextPartNumberMarker", page[-1].number if page else 0),
            ("MaxParts", limit),
            ("IsTruncated", more),
        ]
        return answer("ListPartsResult", content + [("Part", _part(part)) for part in page])

    async def uploads(self, visit: Visit) -> Answer:
        """List uploads that have not ended."""
        encode, encoding = encoder(visit)
        given, bucket = visit.asked.query, visit.bucket
        prefix, delimiter, marker = (given.get(name, "") for name in ("prefix", "delimiter", "key-marker"))
        for text in (prefix, delimiter, marker):
            names.check_key(text)
        upload_id = given.get("upload-id-marker", "") if marker else ""
        limit = visit.number("max-uploads", 1000, 1000)
        query = Query(marker, "", prefix, delimiter, limit=limit + 1, version_marker=upload_id or None)
        try:
            found = await self._storage.uploads(bucket.account, bucket.name, query) if limit else []
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        page, more = found[:limit], len(found) > limit
        content: Items = [("Bucket", bucket.name), ("KeyMarker", encode(marker)), ("UploadIdMarker", upload_id)]
        if more:
            last = page[-1]
            content.append(("NextKeyMarker", encode(last.name)))
            content.append(("NextUploadIdMarker", last.id if isinstance(last, UploadRecord) else ""))
        content += [
            ("Prefix", encode(prefix)),
            ("Delimiter", encode(delimiter) if delimiter else None),
            ("EncodingType", encoding),
            ("MaxUploads", limit),
            ("IsTruncated", more),
        ]
        for item in page:
            if isinstance(item, UploadRecord):
                content.append(("Upload", _listed(item, bucket, encode(item.name))))
        prefixes: Items = [("CommonPrefixes", [("Prefix", encode(i.name))]) for i in page if isinstance(i, Subdir)]
        return answer("ListMultipartUploadsResult", content + prefixes)


def _people(upload: UploadRecord, bucket: Bucket) -> Items:
    initiator = upload.draft.metadata.get(INITIATOR, "") or bucket.owner
    return [("Initiator", [("ID", initiator)]), ("Owner", [("ID", bucket.owner)])]


def _part(part: PartRecord) -> Items:
    name, _, value = part.note.partition("=")
    return [
        ("PartNumber", part.number),
        ("LastModified", moments.iso(part.stamp)),
        ("ETag", f'"{part.etag}"'),
        ("Size", part.size),
        *([(f"Checksum{name}", value)] if name else []),
    ]


def _listed(upload: UploadRecord, bucket: Bucket, key: str) -> Items:
    algorithm, _, kind = upload.draft.metadata.get(WANTED, "").partition(";")
    return [
        ("Key", key),
        ("UploadId", upload.id),
        *_people(upload, bucket),
        ("StorageClass", upload.draft.metadata.get(CLASS, "STANDARD")),
        ("Initiated", moments.iso(upload.created)),
        ("ChecksumAlgorithm", algorithm or None),
        ("ChecksumType", kind or None),
    ]


def _copied(header: str | None, size: int) -> tuple[int, int]:
    """The bytes that a part is copied from.

    Raises:
        S3Error: they cannot be.
    """
    if header is None:
        return 0, size
    first, dash, last = header.strip().removeprefix("bytes=").partition("-")
    good = header.strip().startswith("bytes=") and dash and all(t.isascii() and t.isdecimal() for t in (first, last))
    if not good or int(first) > int(last):
        raise argument(
            "x-amz-copy-source-range", header, "The x-amz-copy-source-range value must be of the form bytes=first-last"
        )
    if int(last) >= size:
        raise refuse("InvalidRange", f"Range specified is not valid for source object of size: {size}")
    return int(first), int(last) + 1
