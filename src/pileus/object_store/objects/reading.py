"""An object on its way out: its headers and its bytes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pileus.object_store.objects.marks import STATIC
from pileus.object_store.objects.schema import KEPT, META
from pileus.object_store.storage.protocol import ObjectRecord, Storage
from pileus.object_store.wire import metadata, moments


class ObjectSource:
    """The bytes of one stored object."""

    def __init__(self, storage: Storage, record: ObjectRecord) -> None:
        self._storage = storage
        self._record = record
        self.size = record.size
        self.content = record.content
        self.file: Path | None = None if record.content is not None else storage.file(record)

    def read(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Some of them."""
        return self._storage.read(self._record, start, length)


def shown(record: ObjectRecord, etag: str = "") -> dict[str, Any]:
    """An object as its headers show it."""
    kept = record.metadata
    attributes = ("encoding", "disposition", "language", "cache", "expires", "manifest")
    return {
        "meta": metadata.below(kept, META),
        **{name: kept.get(header) for name, header in zip(attributes, KEPT, strict=True)},
        "type": record.content_type,
        "etag": etag or record.etag,
        "delete_at": record.delete_at or None,
        "stamp": moments.stamp(record.stamp),
        "modified": moments.modified(record.stamp),
        "ranges": "bytes",
        "static": "True" if STATIC in kept else None,
    }
