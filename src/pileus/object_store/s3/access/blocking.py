"""Public access: what a bucket refuses to be talked into, and whether its policy lets everybody in."""

from typing import TYPE_CHECKING

import msgspec

from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Block(msgspec.Struct, frozen=True):
    """What a bucket refuses.

    Attributes:
        block_public_acls: to be given public grants.
        ignore_public_acls: to heed those that it has.
        block_public_policy: to be given a public policy.
        restrict_public_buckets: to let strangers in by one that it has.
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


_ELEMENTS = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


def block_of(bucket: Bucket) -> Block:
    """What a bucket refuses."""
    return bucket.document("public-access-block", Block) or Block()


def parse(root: "Element") -> Block:
    """What a document says.

    Raises:
        ValueError: it says what cannot be.
    """
    xml.only(root, _ELEMENTS)
    given = {
        field: xml.one_of(root, name, ("true", "false", "TRUE", "FALSE"), "false").lower() == "true"
        for name, field in _ELEMENTS.items()
    }
    return Block(**given)


def shown(block: Block) -> xml.Node:
    """As documents have it."""
    return [(name, bool(getattr(block, field))) for name, field in _ELEMENTS.items()]
