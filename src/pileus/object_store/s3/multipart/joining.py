"""Parts joined to an object: chosen, checked, and made one in a single step of the storage."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.configuration import encryption
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.multipart.layout import INITIATOR, MOST_PARTS, WANTED, Piece, kept
from pileus.object_store.s3.notification.events import Events
from pileus.object_store.s3.objects import conditions
from pileus.object_store.s3.objects.finding import Finder, version_header
from pileus.object_store.s3.objects.naming import PARTS, UPLOAD, etag_of
from pileus.object_store.s3.objects.writing import failed
from pileus.object_store.s3.visit import Visit, answer
from pileus.object_store.s3.wire import xml
from pileus.object_store.storage.protocol import (
    AlreadyThere,
    Locked,
    NoContainer,
    NoPart,
    NoUpload,
    ObjectRecord,
    OtherObject,
    PartRecord,
    Storage,
    StorageFull,
    UploadRecord,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SMALLEST = 5 << 20
"""Bytes of every part but the last at the least."""
Items = list[tuple[str, xml.Node]]


class Chosen(msgspec.Struct, frozen=True):
    """A part that is to be in the object."""

    number: int
    etag: str
    checksum: str = ""


class Joining:
    """Joins parts."""

    def __init__(self, storage: Storage, finder: Finder, events: Events) -> None:
        self._storage = storage
        self._finder = finder
        self._events = events

    async def finish(self, visit: Visit) -> Answer:
        """Join parts to an object."""
        bucket = visit.bucket
        try:
            chosen = _chosen(await visit.xml("CompleteMultipartUpload", most=4 << 20))
        except ValueError:
            raise refuse("MalformedXML") from None
        when = conditions.writing(visit.headers)
        upload_id = visit.asked.query["uploadId"]
        upload = await self._storage.upload_of_parts(bucket.account, bucket.name, upload_id)
        if upload is None or upload.name != visit.key:
            return self._finished(visit, await self._done_before(visit, upload_id, chosen))
        there = {part.number: part for part in await self._all(bucket, upload)}
        parts = _checked(chosen, there)
        change = self._checksum(visit, upload, chosen, parts)
        hashed = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
        wish = [(part.number, part.etag) for part in parts]
        try:
            record = await self._storage.finish_parts(
                bucket.account,
                bucket.name,
                upload_id,
                wish,
                f"{hashed.hexdigest()}-{len(parts)}",
                change={**change, UPLOAD: upload_id, INITIATOR: None, WANTED: None},
                absent=when.absent,
                if_etag=when.if_etag,
            )
        except NoPart:
            raise refuse("InvalidPart", UploadId=upload_id) from None
        except NoUpload:
            raise refuse("NoSuchUpload", UploadId=upload_id) from None
        except (NoContainer, AlreadyThere, Locked, OtherObject, StorageFull) as error:
            failed(error, bucket, visit.key)
        await self._events.tell(visit, bucket, "s3:ObjectCreated:CompleteMultipartUpload", record)
        return self._finished(visit, record)

    async def _all(self, bucket: Bucket, upload: UploadRecord) -> list[PartRecord]:
        try:
            return await self._storage.parts(bucket.account, bucket.name, upload.id, 0, MOST_PARTS)
        except NoUpload:
            raise refuse("NoSuchUpload", UploadId=upload.id) from None

    async def _done_before(self, visit: Visit, upload_id: str, chosen: Sequence[Chosen]) -> ObjectRecord:
        """The object that the same request made before: its answer may have been lost.

        Raises:
            S3Error: it did not.
        """
        record = await self._finder.find(visit.bucket, visit.key, None)
        if record is None or record.metadata.get(UPLOAD) != upload_id or not record.etag.endswith(f"-{len(chosen)}"):
            raise refuse("NoSuchUpload", UploadId=upload_id)
        return record

    def _checksum(
        self, visit: Visit, upload: UploadRecord, chosen: Sequence[Chosen], parts: Sequence[PartRecord]
    ) -> dict[str, str | None]:
        """What is kept of the parts and their checksums."""
        notes = [part.note.partition("=") for part in parts]
        algorithm, _, kind = upload.draft.metadata.get(WANTED, "").partition(";")
        for one, (name, _, value) in zip(chosen, notes, strict=True):
            if one.checksum and one.checksum != value:
                raise refuse("InvalidPart", f"The checksum of part {one.number} is not {name or 'known'}.")
        pieces = [
            Piece(part.number, part.size, value if name == algorithm else "")
            for part, (name, _, value) in zip(parts, notes, strict=True)
        ]
        size = visit.header("x-amz-mp-object-size")
        if size and size != str(sum(piece.size for piece in pieces)):
            raise refuse("InvalidRequest", "The x-amz-mp-object-size header does not match the sum of the parts.")
        change: dict[str, str | None] = {PARTS: kept(pieces)}
        if not algorithm or not all(piece.checksum for piece in pieces):
            return change
        if kind == digests.FULL:
            made = digests.combined(algorithm, [(piece.checksum, piece.size) for piece in pieces])
        else:
            made = digests.composite(algorithm, [piece.checksum for piece in pieces])
        _name, expected = (
            digests.asked({k: v for k, v in visit.headers.items() if k in digests.HEADERS})
            if (kind == digests.FULL)
            else ("", "")
        )
        if expected and expected != made.value:
            raise refuse("BadDigest", f"The {algorithm.lower()} you specified did not match the calculated checksum.")
        return {**change, digests.KEPT: made.kept()}

    def _finished(self, visit: Visit, record: ObjectRecord) -> Answer:
        bucket = visit.bucket
        checksum = digests.kept(record.metadata)
        content: Items = [
            ("Location", f"{visit.call.base}/{bucket.name}/{visit.key}"),
            ("Bucket", bucket.name),
            ("Key", visit.key),
            ("ETag", etag_of(record)),
        ]
        if checksum:
            content += [(checksum.element, checksum.value), ("ChecksumType", checksum.kind)]
        headers = {**version_header(bucket, record), **encryption.shown_headers(record.metadata)}
        return answer("CompleteMultipartUploadResult", content, headers)


def _chosen(root: "Element") -> list[Chosen]:
    xml.only(root, ("Part",))
    found = []
    for item in root:
        xml.only(item, ("PartNumber", "ETag", *(f"Checksum{name}" for name in digests.LENGTHS)))
        number = xml.whole(item, "PartNumber", 1)
        if number is None:
            raise ValueError("a number is expected")
        values = [xml.text(item, f"Checksum{name}") for name in digests.LENGTHS]
        found.append(Chosen(number, xml.text(item, "ETag", None).strip('"'), next((v for v in values if v), "")))
    if not 0 < len(found) <= MOST_PARTS:
        raise ValueError("too few or too many parts")
    return found


def _checked(chosen: Sequence[Chosen], there: dict[int, PartRecord]) -> list[PartRecord]:
    """The parts that are chosen.

    Raises:
        S3Error: they are not there, not in order, or too small.
    """
    last, parts = 0, []
    for one in chosen:
        if one.number <= last:
            raise refuse("InvalidPartOrder")
        last = one.number
        part = there.get(one.number)
        if part is None or part.etag != one.etag:
            raise refuse("InvalidPart", PartNumber=str(one.number), ETag=one.etag)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < SMALLEST:
            raise refuse(
                "EntityTooSmall",
                ProposedSize=str(part.size),
                MinSizeAllowed=str(SMALLEST),
                PartNumber=str(part.number),
                ETag=part.etag,
            )
    return parts
