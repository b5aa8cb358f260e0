"""Whether what comes into a bucket lies encrypted, and how requests say so.

`AES256` and `aws:kms` both mean keys of this cloud; a key id that comes with `aws:kms` is kept and shown.  A customer's
own key comes with each request and is never kept.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KEPT = "sysmeta-s3-encryption"
"""The metadata that tell how an object's client wanted it encrypted: `AES256`, `aws:kms=<key id>`."""
CUSTOMER = "sysmeta-s3-customer"
"""Of an object under its owner's key: the Base64 MD5 of the key."""
OURS = ("AES256", "aws:kms", "aws:kms:dsse")
_HEADER = "x-amz-server-side-encryption"


class Default(msgspec.Struct, frozen=True):
    """What holds for objects whose request says nothing."""

    algorithm: str
    key_id: str = ""
    bucket_key: bool = False


class CustomerKey(msgspec.Struct, frozen=True):
    """A key of the client's own."""

    raw: bytes
    md5: str

    def headers(self) -> dict[str, str]:
        """The headers that show it."""
        return {f"{_HEADER}-customer-algorithm": "AES256", f"{_HEADER}-customer-key-MD5": self.md5}


class Wanted(msgspec.Struct, frozen=True):
    """How an object is to lie; all empty for open."""

    algorithm: str = ""
    key_id: str = ""
    customer: CustomerKey | None = None

    @property
    def encrypt(self) -> bool:
        """Whether it is to lie encrypted under a key of ours."""
        return bool(self.algorithm)

    @property
    def key(self) -> bytes | None:
        """The owner's key."""
        return self.customer.raw if self.customer else None

    def metadata(self) -> dict[str, str]:
        """What is kept with the object."""
        if self.customer:
            return {CUSTOMER: self.customer.md5}
        if self.algorithm:
            return {KEPT: f"{self.algorithm}={self.key_id}" if self.key_id else self.algorithm}
        return {}

    def headers(self) -> dict[str, str]:
        """The headers that show it."""
        return self.customer.headers() if self.customer else shown_headers(self.metadata())


def shown_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """The headers that show how an object lies."""
    if CUSTOMER in metadata:
        return {f"{_HEADER}-customer-algorithm": "AES256", f"{_HEADER}-customer-key-MD5": metadata[CUSTOMER]}
    if KEPT not in metadata:
        return {}
    algorithm, _, key_id = metadata[KEPT].partition("=")
    headers = {_HEADER: algorithm}
    if key_id:
        headers[f"{_HEADER}-aws-kms-key-id"] = key_id
    return headers


def customer_key(headers: Mapping[str, str], kind: str = "") -> CustomerKey | None:
    """The client's own key in a request.

    Args:
        kind: "copy-source-" for the key of what is copied.

    Raises:
        S3Error: there is one and it is not right.
    """
    prefix = f"x-amz-{kind}server-side-encryption-customer-"
    algorithm, text, md5 = (headers.get(prefix + name, "").strip() for name in ("algorithm", "key", "key-md5"))
    if not algorithm and not text and not md5:
        return None
    if algorithm != "AES256":
        raise refuse("InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid.")
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise argument(prefix + "key", "", "The secret key was invalid for the specified algorithm.")
    expected = base64.b64encode(hashlib.md5(raw, usedforsecurity=False).digest()).decode()
    if not hmac.compare_digest(expected.encode(), md5.encode()):
        raise argument(prefix + "key-MD5", md5, "The calculated MD5 hash of the key did not match the hash provided.")
    return CustomerKey(raw, expected)


def wanted(headers: Mapping[str, str], bucket: Bucket) -> Wanted:
    """How a new object is to lie.

    Raises:
        S3Error: the request says what cannot be.
    """
    customer, algorithm = customer_key(headers), headers.get(_HEADER, "").strip()
    key_id = headers.get(f"{_HEADER}-aws-kms-key-id", "").strip()
    if customer and algorithm:
        raise argument(_HEADER, algorithm, "Server Side Encryption with Customer provided key is incompatible with it")
    if customer:
        return Wanted(customer=customer)
    if algorithm and algorithm not in OURS:
        raise refuse(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
        )
    if key_id and not algorithm.startswith("aws:kms"):
        raise argument(
            f"{_HEADER}-aws-kms-key-id", key_id, "Server Side Encryption with AWS KMS managed key requires it"
        )
    if algorithm:
        return Wanted(algorithm, key_id)
    default = bucket.document("encryption", Default)
    return Wanted(default.algorithm, default.key_id) if default else Wanted()


def opening(headers: Mapping[str, str], metadata: Mapping[str, str], kind: str = "") -> CustomerKey | None:
    """The key that an object is to be opened with.

    Raises:
        S3Error: it is not the one that it lies under, or one is given and it lies under none.
    """
    key = customer_key(headers, kind)
    if CUSTOMER not in metadata:
        if key is not None:
            raise refuse("InvalidRequest", "The encryption parameters are not applicable to this object.")
        return None
    if key is None:
        raise refuse(
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. "
            "The correct parameters must be provided to retrieve the object.",
        )
    if not hmac.compare_digest(key.md5, metadata[CUSTOMER]):
        raise refuse("AccessDenied", "The key is not the one that the object was stored under.")
    return key


def parse(root: "Element") -> Default:
    """What a document says.

    Raises:
        ValueError: it says what cannot be.
    """
    xml.only(root, ("Rule",))
    rule = root.find("Rule")
    if rule is None or len(root) != 1:
        raise ValueError("one rule is expected")
    xml.only(rule, ("ApplyServerSideEncryptionByDefault", "BucketKeyEnabled", "BlockedEncryptionTypes"))
    by_default = rule.find("ApplyServerSideEncryptionByDefault")
    if by_default is None:
        raise ValueError("a default is expected")
    algorithm = xml.one_of(by_default, "SSEAlgorithm", OURS)
    key_id = xml.text(by_default, "KMSMasterKeyID")
    if key_id and algorithm == "AES256":
        raise argument(
            "KMSMasterKeyID", key_id, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms"
        )
    return Default(algorithm, key_id, xml.one_of(rule, "BucketKeyEnabled", ("true", "false"), "false") == "true")


def shown(default: Default) -> xml.Node:
    """As documents have it."""
    by_default: xml.Node = [("SSEAlgorithm", default.algorithm), ("KMSMasterKeyID", default.key_id or None)]
    rule: xml.Node = [("ApplyServerSideEncryptionByDefault", by_default), ("BucketKeyEnabled", default.bucket_key)]
    return [("Rule", rule)]
