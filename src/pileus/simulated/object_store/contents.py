"""Bytes in memory, some of which only their owner's key opens."""

import hashlib

from pileus.kernel.ids import Ids
from pileus.object_store.storage.records import CUSTOMER, Damaged, ObjectRecord, WrongKey


def md5(content: bytes) -> str:
    """The digest that ETags are."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class MemoryUpload:
    """The bytes of one object on their way in."""

    def __init__(self, key: bytes | None) -> None:
        self._chunks: list[bytes] = []
        self.key = key
        self.size = 0
        self.content = b""
        self.etag = ""

    async def add(self, data: bytes) -> None:
        """Take more bytes."""
        self._chunks.append(data)
        self.size += len(data)

    async def seal(self) -> str:
        """Their MD5."""
        self.content = b"".join(self._chunks)
        self.etag = md5(self.content)
        return self.etag

    async def abandon(self) -> None:
        """Nothing is to be forgotten."""


class Contents:
    """Bytes by an id.  They stay until the end: a simulation does not run for long."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._kept: dict[str, bytes] = {}

    def keep(self, content: bytes, key: bytes | None) -> tuple[str, bytes]:
        """Keep bytes: their id, and what tells their key."""
        name = self._ids.hex()
        self._kept[name] = content
        return name, b"" if key is None else CUSTOMER + hashlib.sha256(key).digest()

    def open(self, record: ObjectRecord, key: bytes | None) -> bytes:
        """The bytes of an object.

        Raises:
            WrongKey, Damaged: see there.
        """
        if record.locked and (key is None or record.sealed != CUSTOMER + hashlib.sha256(key).digest()):
            raise WrongKey
        if record.data not in self._kept:
            raise Damaged(f"{record.account}/{record.container}/{record.name}: its bytes are gone")
        return self._kept[record.data]
