"""A bucket: a container whose name exists once, and what it was told to be."""

from typing import Any, TypeVar

import msgspec

from pileus.object_store.storage.protocol import ContainerRecord
from pileus.object_store.wire.names import RESELLER

T = TypeVar("T")
OWN = "sysmeta-s3-"
"""What the names of all metadata start with that only S3 reads."""


class Bucket(msgspec.Struct, frozen=True):
    """A bucket.

    Attributes:
        account: where it lies.
    """

    name: str
    account: str
    record: ContainerRecord

    @property
    def owner(self) -> str:
        """The project that it belongs to."""
        return self.account.removeprefix(RESELLER)

    def has(self, document: str) -> bool:
        """Whether it was told something."""
        return OWN + document in self.record.metadata

    def text(self, document: str) -> str:
        """What it was told, as kept; empty for nothing."""
        return self.record.metadata.get(OWN + document, "")

    def document(self, document: str, kind: type[T]) -> T | None:
        """What it was told; None for nothing."""
        kept = self.text(document)
        return msgspec.json.decode(kept, type=kind) if kept else None

    @property
    def versioned(self) -> bool:
        """Whether it keeps, or ever kept, versions."""
        return bool(self.record.versioning)


def kept(value: Any) -> str:
    """A document as it is kept."""
    return msgspec.json.encode(value).decode()
