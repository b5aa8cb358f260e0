"""All of S3's operations on one screen: method, the parameter or header that chooses it, right, and what runs.

The first line that fits a request is taken; the plain line of a method stands last.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access.documents import AccessDocuments
from pileus.object_store.s3.asked import Asked
from pileus.object_store.s3.buckets.listing import Listing
from pileus.object_store.s3.buckets.logic import Buckets
from pileus.object_store.s3.configuration import documents as d
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.multipart.joining import Joining
from pileus.object_store.s3.multipart.logic import Multipart
from pileus.object_store.s3.objects.copying import Copying
from pileus.object_store.s3.objects.deleting import Deleting
from pileus.object_store.s3.objects.describing import Describing
from pileus.object_store.s3.objects.reading import Reading
from pileus.object_store.s3.objects.writing import Writing
from pileus.object_store.s3.posting.logic import Posting
from pileus.object_store.s3.visit import Visit

Run = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        flag: the parameter of the query that it needs; with a header's name behind a space, that as well.
        action: the right, as policies name it; empty where the operation asks by itself.
    """

    level: str
    method: str
    flag: str
    action: str
    run: Run

    def fits(self, asked: Asked) -> bool:
        """Whether a request asks for it."""
        flag, _, header = self.flag.partition(" ")
        return (not flag or flag in asked.query) and (not header or header in asked.received.headers)

    def right(self, asked: Asked) -> str:
        """The right; that on a version has a name of its own."""
        if "versionId" not in asked.query or self.level != "object":
            return self.action
        return {
            "s3:GetObject": "s3:GetObjectVersion",
            "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
            "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
            "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
            "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
            "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
            "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
        }.get(self.action, self.action)


def of_buckets(
    buckets: Buckets,
    listing: Listing,
    access: AccessDocuments,
    docs: d.Documents,
    multipart: Multipart,
    deleting: Deleting,
    posting: Posting,
) -> list[Operation]:
    """Operations on the service and on buckets."""
    table: list[tuple[str, str, str, Run]] = [
        ("GET", "acl", "s3:GetBucketAcl", access.get_acl),
        ("PUT", "acl", "s3:PutBucketAcl", access.put_acl),
        ("GET", "policy", "s3:GetBucketPolicy", access.get_policy),
        ("PUT", "policy", "s3:PutBucketPolicy", access.put_policy),
        ("DELETE", "policy", "s3:DeleteBucketPolicy", access.delete_policy),
        ("GET", "policyStatus", "s3:GetBucketPolicyStatus", access.status),
        ("GET", "versioning", "s3:GetBucketVersioning", docs.get_versioning),
        ("PUT", "versioning", "s3:PutBucketVersioning", docs.put_versioning),
        ("GET", "ownershipControls", "s3:GetBucketOwnershipControls", docs.get_ownership),
        ("PUT", "ownershipControls", "s3:PutBucketOwnershipControls", docs.put_ownership),
        ("DELETE", "ownershipControls", "s3:PutBucketOwnershipControls", docs.delete_ownership),
        *_documents(docs),
        *_fixed(),
        ("GET", "location", "s3:GetBucketLocation", buckets.location),
        ("GET", "versions", "s3:ListBucketVersions", listing.versions),
        ("GET", "uploads", "s3:ListBucketMultipartUploads", multipart.uploads),
        ("GET", "list-type", "s3:ListBucket", listing.version2),
        ("GET", "", "s3:ListBucket", listing.version1),
        ("HEAD", "", "s3:ListBucket", buckets.head),
        ("DELETE", "", "s3:DeleteBucket", buckets.delete),
        ("POST", "delete", "", deleting.many),
        ("POST", "", "", posting.post),
    ]
    return [
        Operation("service", "GET", "", "", buckets.index),
        Operation("service", "HEAD", "", "", buckets.index),
        *(Operation("bucket", *line) for line in table),
        Operation("bucket", "PUT", "", "", buckets.create),
    ]


def _documents(docs: d.Documents) -> list[tuple[str, str, str, Run]]:
    lines = (
        ("publicAccessBlock", "PublicAccessBlock", d.PUBLIC_ACCESS, True),
        ("tagging", "Tagging", d.TAGS, True),
        ("lifecycle", "LifecycleConfiguration", d.LIFECYCLE, True),
        ("cors", "CORS", d.CORS, True),
        ("website", "Website", d.WEBSITE, True),
        ("encryption", "EncryptionConfiguration", d.ENCRYPTION, True),
        ("notification", "Notification", d.NOTIFICATION, False),
        ("object-lock", "ObjectLockConfiguration", d.LOCK, False),
    )
    out: list[tuple[str, str, str, Run]] = []
    for flag, name, document, removable in lines:
        where = "" if name == "LifecycleConfiguration" or name == "EncryptionConfiguration" else "Bucket"
        get, put = f"s3:Get{where}{name}", f"s3:Put{where}{name}"
        out += [("GET", flag, get, docs.get(document)), ("PUT", flag, put, docs.put(document))]
        if removable:
            out.append(("DELETE", flag, "s3:DeleteBucketWebsite" if flag == "website" else put, docs.delete(document)))
    return out


def _fixed() -> list[tuple[str, str, str, Run]]:
    """What this store has not: it answers as a bucket without them does, and refuses to be told."""
    out: list[tuple[str, str, str, Run]] = [
        ("GET", "logging", "s3:GetBucketLogging", d.fixed("BucketLoggingStatus", [])),
        ("PUT", "logging", "s3:PutBucketLogging", d.only_empty("BucketLoggingStatus", lambda root: not len(root))),
        ("GET", "accelerate", "s3:GetAccelerateConfiguration", d.fixed("AccelerateConfiguration", [])),
        ("PUT", "accelerate", "s3:PutAccelerateConfiguration", d.not_here),
        (
            "GET",
            "requestPayment",
            "s3:GetBucketRequestPayment",
            d.fixed("RequestPaymentConfiguration", [("Payer", "BucketOwner")]),
        ),
        (
            "PUT",
            "requestPayment",
            "s3:PutBucketRequestPayment",
            d.only_empty("RequestPaymentConfiguration", lambda root: root.findtext("Payer") == "BucketOwner"),
        ),
        ("GET", "replication", "s3:GetReplicationConfiguration", d.missing("ReplicationConfigurationNotFoundError")),
        ("PUT", "replication", "s3:PutReplicationConfiguration", d.not_here),
        ("DELETE", "replication", "s3:PutReplicationConfiguration", d.gone),
    ]
    for flag, name, root in (
        ("analytics", "AnalyticsConfiguration", "ListBucketAnalyticsConfigurationResult"),
        ("inventory", "InventoryConfiguration", "ListInventoryConfigurationsResult"),
        ("metrics", "MetricsConfiguration", "ListMetricsConfigurationsResult"),
        ("intelligent-tiering", "IntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurationsOutput"),
    ):
        get, put = f"s3:Get{name}", f"s3:Put{name}"
        out += [
            ("GET", f"{flag}&id", get, d.missing("NoSuchConfiguration")),
            ("GET", flag, get, d.fixed(root, [("IsTruncated", False)])),
            ("PUT", flag, put, d.not_here),
            ("DELETE", flag, put, d.missing("NoSuchConfiguration")),
        ]
    return out


def of_objects(
    reading: Reading,
    writing: Writing,
    copying: Copying,
    deleting: Deleting,
    describing: Describing,
    multipart: Multipart,
    joining: Joining,
) -> list[Operation]:
    """Operations on objects."""
    table: list[tuple[str, str, str, Run]] = [
        ("GET", "acl", "s3:GetObjectAcl", describing.get_acl),
        ("PUT", "acl", "s3:PutObjectAcl", describing.put_acl),
        ("GET", "tagging", "s3:GetObjectTagging", describing.get_tags),
        ("PUT", "tagging", "s3:PutObjectTagging", describing.put_tags),
        ("DELETE", "tagging", "s3:DeleteObjectTagging", describing.delete_tags),
        ("GET", "retention", "s3:GetObjectRetention", describing.get_retention),
        ("PUT", "retention", "s3:PutObjectRetention", describing.put_retention),
        ("GET", "legal-hold", "s3:GetObjectLegalHold", describing.get_hold),
        ("PUT", "legal-hold", "s3:PutObjectLegalHold", describing.put_hold),
        ("GET", "attributes", "s3:GetObjectAttributes", describing.attributes),
        ("GET", "uploadId", "s3:ListMultipartUploadParts", multipart.parts),
        ("PUT", "uploadId x-amz-copy-source", "s3:PutObject", multipart.copy_part),
        ("PUT", "uploadId", "s3:PutObject", multipart.put_part),
        ("POST", "uploadId", "s3:PutObject", joining.finish),
        ("DELETE", "uploadId", "s3:AbortMultipartUpload", multipart.abandon),
        ("POST", "uploads", "s3:PutObject", multipart.begin),
        ("PUT", " x-amz-copy-source", "s3:PutObject", copying.copy),
        ("PUT", "", "s3:PutObject", writing.put_object),
        ("GET", "", "s3:GetObject", reading.get),
        ("HEAD", "", "s3:GetObject", reading.head),
        ("DELETE", "", "", deleting.delete),
    ]
    return [Operation("object", *line) for line in table]


NOT_HERE = frozenset(
    {"torrent", "restore", "select", "metadataTable", "metadataConfiguration", "session", "renameObject"}
)
"""Parameters of operations that this store has not."""


class Table:
    """Finds the operation that a request asks for."""

    def __init__(self, operations: list[Operation]) -> None:
        self._lines: dict[tuple[str, str], list[Operation]] = {}
        for operation in operations:
            self._lines.setdefault((operation.level, operation.method), []).append(operation)
        self._flags: dict[str, set[str]] = {}
        for operation in operations:
            flag = operation.flag.partition(" ")[0].partition("&")[0]
            if flag:
                self._flags.setdefault(operation.level, set()).add(flag)

    def find(self, asked: Asked) -> Operation:
        """The operation.

        Raises:
            S3Error: there is none.
        """
        if NOT_HERE & set(asked.query):
            raise refuse("NotImplemented")
        flags = self._flags.get(asked.level, set())
        wanted = flags & set(asked.query)
        for operation in self._lines.get((asked.level, asked.received.method), ()):
            flag, _, more = operation.flag.partition("&")
            if more and not (flag in asked.query and more in asked.query):
                continue
            if more or operation.fits(asked):
                if wanted and not operation.flag.strip() and asked.received.method != "HEAD":
                    break  # what the parameter means has no such method
                return operation
        error = refuse("MethodNotAllowed", Method=asked.received.method, ResourceType=asked.level.upper())
        methods = sorted(method for level, method in self._lines if level == asked.level)
        error.headers["Allow"] = ", ".join(methods)
        raise error
