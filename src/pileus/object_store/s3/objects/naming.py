"""How an object's parts are called: the metadata that S3 keeps with it, its ETag, its version."""

from pileus.object_store.objects.marks import STATIC
from pileus.object_store.objects.schema import META
from pileus.object_store.storage.protocol import Draft, ObjectRecord

CLASS = "sysmeta-s3-class"
PARTS = "sysmeta-s3-parts"
"""The sizes of the parts that an object was made of, with the last one's checksums behind a colon each."""
REDIRECT = "sysmeta-s3-redirect"
UPLOAD = "sysmeta-s3-upload"
"""The upload of parts that an object was made by."""
CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "EXPRESS_ONEZONE",
)
"""Storage classes that are kept and shown; the bytes lie in the same place."""
KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
"""Headers that are kept with an object and sent with it."""
USER = "x-amz-meta-"
DEFAULT_TYPE = "binary/octet-stream"

__all__ = ["CLASS", "CLASSES", "DEFAULT_TYPE", "KEPT", "META", "PARTS", "REDIRECT", "UPLOAD", "USER", "Draft"]


def version_text(record: ObjectRecord) -> str:
    """A version as clients know it."""
    return record.version or "null"


def etag(record: ObjectRecord) -> str:
    """An object's ETag without quotes; of a static large object that of its segments."""
    listed, colon, _size = record.metadata.get(STATIC, "").partition(":")
    return f"{listed}-N" if colon else record.etag


def etag_of(record: ObjectRecord) -> str:
    """An object's ETag in its quotes."""
    return f'"{etag(record)}"'


def size_of(record: ObjectRecord) -> int:
    """An object's size; of a static large object that of its segments."""
    _etag, colon, size = record.metadata.get(STATIC, "").partition(":")
    return int(size) if colon else record.size
