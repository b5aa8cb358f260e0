"""Dynamic large objects: `X-Object-Manifest: container/prefix`."""

import hashlib
from urllib.parse import unquote

import msgspec

from pileus.object_store.large.segments import Segment
from pileus.object_store.storage.protocol import NoContainer, ObjectRecord, Query, Storage

MANIFEST = "x-object-manifest"


def place(record: ObjectRecord) -> tuple[str, str]:
    """The container and the prefix of an object's segments."""
    container, _, prefix = unquote(record.metadata[MANIFEST]).removeprefix("/").partition("/")
    return container, prefix


async def segments(storage: Storage, account: str, record: ObjectRecord) -> tuple[list[Segment], str]:
    """What an object is made of at the moment, and the ETag of that."""
    container, prefix = place(record)
    digest = hashlib.md5(usedforsecurity=False)
    found: list[Segment] = []
    query = Query(prefix=prefix)
    while True:
        try:
            page = await storage.objects(account, container, query)
        except NoContainer:
            page = []
        for entry in page:
            assert isinstance(entry, ObjectRecord)
            digest.update(entry.etag.encode())
            found.append(Segment(account, container, entry.name, entry.etag, 0, entry.size))
        if len(page) < query.limit:
            return found, digest.hexdigest()
        query = msgspec.structs.replace(query, marker=page[-1].name)
