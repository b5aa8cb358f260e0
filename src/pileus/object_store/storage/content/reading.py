"""Bytes on their way out: from the index, from files, decrypted where they were encrypted."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from pileus.kernel.serving.server import file_chunks
from pileus.object_store.storage.content.blobs import Blobs
from pileus.object_store.storage.content.sealing import BLOCK, TAG, Sealing, opened
from pileus.object_store.storage.index.data import Piece
from pileus.object_store.storage.records import Damaged

TOGETHER = 16
"""Encrypted blocks that are read at once."""


class Reading:
    """Reads what lies on the disk."""

    def __init__(self, blobs: Blobs, sealing: Sealing) -> None:
        self._blobs = blobs
        self._sealing = sealing

    def plain(self, sealed: bytes, data: bytes, key: bytes | None) -> bytes:
        """Few bytes, decrypted.

        Raises:
            WrongKey, Damaged: see there.
        """
        return opened(self._sealing.unwrap(sealed, key), data, 0)

    async def pieces(
        self,
        pieces: Sequence[tuple[Piece, bytes | None]],
        start: int,
        length: int,
        key: bytes | None,
    ) -> AsyncIterator[bytes]:
        """Some of the bytes of pieces; each comes with its content, if it is small.

        Raises:
            WrongKey, Damaged: see there.
        """
        for piece, content in pieces:
            if length <= 0:
                return
            if start >= piece.size:
                start -= piece.size
                continue
            take = min(length, piece.size - start)
            if content is not None:
                found = self.plain(piece.sealed, content, key) if piece.sealed else content
                yield found[start : start + take]
            else:
                async for chunk in self.file(piece, start, take, key):
                    yield chunk
            start, length = 0, length - take

    async def file(self, piece: Piece, start: int, length: int, key: bytes | None) -> AsyncIterator[bytes]:
        """Some of the bytes of a file.

        Raises:
            WrongKey, Damaged: see there.
        """
        path = self._blobs.path(piece.data[1:])
        if not piece.sealed:
            try:
                async for chunk in file_chunks(path, start, length):
                    length -= len(chunk)
                    yield chunk
            except FileNotFoundError:
                raise Damaged(f"the file {path.name} is gone") from None
            if length:
                raise Damaged(f"the file {path.name} is too short")
            return
        own = self._sealing.unwrap(piece.sealed, key)
        while length > 0:
            first, skipped = divmod(start, BLOCK)
            many = min(TOGETHER, (skipped + length + BLOCK - 1) // BLOCK)
            plain = await asyncio.to_thread(_blocks, path, own, first, many)
            chunk = plain[skipped : skipped + length]
            if not chunk:
                raise Damaged(f"the file {path.name} is too short")
            yield chunk
            start, length = start + len(chunk), length - len(chunk)


def _blocks(path: Path, own: bytes, first: int, many: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(first * (BLOCK + TAG))
            data = file.read(many * (BLOCK + TAG))
    except FileNotFoundError:
        raise Damaged(f"the file {path.name} is gone") from None
    return opened(own, data, first)
