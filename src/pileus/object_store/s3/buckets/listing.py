"""Lists of a bucket: its objects in two forms, and their versions."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.buckets.logic import of_token, token
from pileus.object_store.s3.checksums.digests import kept
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.objects.naming import CLASS, etag_of, size_of, version_text
from pileus.object_store.s3.visit import Visit, answer
from pileus.object_store.s3.wire import moments, names, xml
from pileus.object_store.storage.protocol import TICKS, NoContainer, ObjectRecord, Query, Storage, Subdir

MOST = 1000
Encode = Callable[[str], str]
Items = list[tuple[str, xml.Node]]


def encoder(visit: Visit) -> tuple[Encode, str | None]:
    """How names are written in a list, and what the list says of it.

    Raises:
        S3Error: the request wants a way that there is not.
    """
    wanted = visit.asked.query.get("encoding-type", "")
    if wanted not in {"", "url"}:
        raise argument("encoding-type", wanted, "Invalid Encoding Method specified in Request")
    return (lambda text: quote(text, safe="/~")) if wanted else (lambda text: text), wanted or None


class Listing:
    """Lists."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def _page(self, bucket: Bucket, query: Query) -> tuple[list[ObjectRecord | Subdir], bool]:
        """Entries, and whether there are more."""
        if not query.limit:
            return [], False
        try:
            wanted = Query(
                marker=query.marker,
                prefix=query.prefix,
                delimiter=query.delimiter,
                versions=query.versions,
                version_marker=query.version_marker,
                limit=query.limit + 1,
            )
            found = await self._storage.objects(bucket.account, bucket.name, wanted)
        except NoContainer:
            raise refuse("NoSuchBucket", BucketName=bucket.name) from None
        return found[: query.limit], len(found) > query.limit

    async def version1(self, visit: Visit) -> Answer:
        """List objects, the old way."""
        encode, encoding = encoder(visit)
        given = visit.asked.query
        prefix, delimiter, marker = (given.get(name, "") for name in ("prefix", "delimiter", "marker"))
        limit = visit.number("max-keys", MOST, MOST)
        page, more = await self._page(visit.bucket, _query(prefix, delimiter, marker, limit))
        content: Items = [
            ("Name", visit.bucket.name),
            ("Prefix", encode(prefix)),
            ("Marker", encode(marker)),
            ("NextMarker", encode(page[-1].name) if more and delimiter else None),
            ("MaxKeys", limit),
            ("Delimiter", encode(delimiter) if delimiter else None),
            ("EncodingType", encoding),
            ("IsTruncated", more),
        ]
        return answer("ListBucketResult", content + self._entries(visit, page, encode, owner=True))

    async def version2(self, visit: Visit) -> Answer:
        """List objects."""
        encode, encoding = encoder(visit)
        given = visit.asked.query
        if given["list-type"] != "2":
            raise argument("list-type", given["list-type"], "Invalid List Type specified in Request")
        prefix, delimiter, start = (given.get(name, "") for name in ("prefix", "delimiter", "start-after"))
        limit = visit.number("max-keys", MOST, MOST)
        going_on = given.get("continuation-token")
        if going_on == "":
            raise argument("continuation-token", "", "The continuation token provided is incorrect")
        marker = of_token(going_on) if going_on is not None else start
        page, more = await self._page(visit.bucket, _query(prefix, delimiter, marker, limit))
        content: Items = [
            ("Name", visit.bucket.name),
            ("Prefix", encode(prefix)),
            ("StartAfter", encode(start) if start else None),
            ("ContinuationToken", going_on),
            ("NextContinuationToken", token(page[-1].name) if more else None),
            ("KeyCount", len(page)),
            ("MaxKeys", limit),
            ("Delimiter", encode(delimiter) if delimiter else None),
            ("EncodingType", encoding),
            ("IsTruncated", more),
        ]
        owner = given.get("fetch-owner", "").lower() == "true"
        return answer("ListBucketResult", content + self._entries(visit, page, encode, owner=owner))

    def _entries(self, visit: Visit, page: Sequence[ObjectRecord | Subdir], encode: Encode, *, owner: bool) -> Items:
        second = visit.now // TICKS
        out: Items = []
        for item in page:
            if isinstance(item, ObjectRecord) and not 0 < item.delete_at <= second:
                shown = _object(item, encode)
                out.append(("Contents", [*shown, ("Owner", [("ID", visit.bucket.owner)])] if owner else shown))
        return out + _prefixes(page, encode)

    async def versions(self, visit: Visit) -> Answer:
        """List every version of objects, and the markers of deletions."""
        encode, encoding = encoder(visit)
        given = visit.asked.query
        prefix, delimiter, marker = (given.get(name, "") for name in ("prefix", "delimiter", "key-marker"))
        version = given.get("version-id-marker")
        if version is not None and not marker:
            raise argument(
                "version-id-marker", version, "A version-id marker cannot be specified without a key marker."
            )
        if version == "":
            raise argument("version-id-marker", "", "A version-id marker cannot be empty.")
        limit = visit.number("max-keys", MOST, MOST)
        after = None if version is None else "" if version == "null" else version
        query = Query(marker, "", prefix, delimiter, limit=limit, versions=True, version_marker=after)
        page, more = await self._page(visit.bucket, query)
        content: Items = [
            ("Name", visit.bucket.name),
            ("Prefix", encode(prefix)),
            ("KeyMarker", encode(marker)),
            ("VersionIdMarker", version or ""),
        ]
        if more:
            last = page[-1]
            content.append(("NextKeyMarker", encode(last.name)))
            if isinstance(last, ObjectRecord):
                content.append(("NextVersionIdMarker", version_text(last)))
        content += [
            ("MaxKeys", limit),
            ("Delimiter", encode(delimiter) if delimiter else None),
            ("EncodingType", encoding),
            ("IsTruncated", more),
        ]
        entries: Items = [_version(item, encode, visit.bucket) for item in page if isinstance(item, ObjectRecord)]
        return answer("ListVersionsResult", content + entries + _prefixes(page, encode))


def _query(prefix: str, delimiter: str, marker: str, limit: int) -> Query:
    for text in (prefix, delimiter, marker):
        names.check_key(text)
    return Query(marker=marker, prefix=prefix, delimiter=delimiter, limit=limit)


def _prefixes(page: Sequence[ObjectRecord | Subdir], encode: Encode) -> Items:
    return [("CommonPrefixes", [("Prefix", encode(item.name))]) for item in page if isinstance(item, Subdir)]


def _object(record: ObjectRecord, encode: Encode) -> Items:
    checksum = kept(record.metadata)
    return [
        ("Key", encode(record.name)),
        ("LastModified", moments.iso(record.stamp)),
        ("ETag", etag_of(record)),
        ("ChecksumAlgorithm", checksum.algorithm if checksum else None),
        ("ChecksumType", checksum.kind if checksum else None),
        ("Size", size_of(record)),
        ("StorageClass", record.metadata.get(CLASS, "STANDARD")),
    ]


def _version(record: ObjectRecord, encode: Encode, bucket: Bucket) -> tuple[str, xml.Node]:
    owner: Items = [("Owner", [("ID", bucket.owner)])]
    head: Items = [("Key", encode(record.name)), ("VersionId", version_text(record)), ("IsLatest", record.latest)]
    if record.marker:
        return "DeleteMarker", [*head, ("LastModified", moments.iso(record.stamp)), *owner]
    _key, *rest = _object(record, encode)
    return "Version", [*head, *rest, *owner]
