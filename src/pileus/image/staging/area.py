"""The staging area: files in the state folder that hold data until they are some image's.

Everything that becomes an image passes through here: what is uploaded, staged, downloaded, converted.  A file here is
inspected before any store gets it, and goes into the store under the name of its content.

| name | whose |
|---|---|
| `upload-…` | of a request that lasts; gone when this process is |
| `staged-…` | of an image that waits for its import; its row says so |
| `import-RUN…` | of a running import; goes with it |
"""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from pileus.host.storage import durable
from pileus.image.staging.digests import Digests, Lane
from pileus.image.stores.protocol import StorageFull, TooMuchData

GATHER = 1 << 20
"""Bytes that are handed to a thread at once."""


class Staged(msgspec.Struct, frozen=True):
    """A file in the staging area.

    Attributes:
        name: of the file.
        size: bytes.
        md5: hexadecimal.
        algorithm, digest: the strong digest, hexadecimal.
    """

    name: str
    size: int
    md5: str
    algorithm: str
    digest: str


class Area:
    """The staging area of one node.

    Args:
        folder: nobody else writes there.
        algorithm: of the strong digest.
    """

    def __init__(self, folder: Path, algorithm: str) -> None:
        self._folder = folder
        self._algorithm = algorithm

    async def prepare(self) -> None:
        """Make the folder."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """The file of a name."""
        return self._folder / name

    async def take(
        self,
        name: str,
        data: AsyncIterator[bytes],
        most: int,
        *,
        algorithm: str = "",
        told: Callable[[int], None] | None = None,
    ) -> Staged:
        """Write data into a file, on disk when this returns; no file is left when the data end with an exception.

        Args:
            algorithm: of the strong digest, if not the usual one.
            told: if set, called with the bytes so far, now and then.

        Raises:
            TooMuchData: there are more than `most` bytes.
            StorageFull: there is no room.
        """
        digests = Digests(algorithm or self._algorithm)
        path = self.path(name)
        file = await asyncio.to_thread(path.open, "wb", 0)
        lanes = [Lane(lambda piece: _write(file.fileno(), piece)), *map(Lane, digests.works)]
        size = 0
        try:
            async for piece in gathered(data):
                size += len(piece)
                if size > most:
                    raise TooMuchData
                for lane in lanes:
                    await lane.put(piece)
                if told is not None:
                    told(size)
            await asyncio.gather(*(lane.close() for lane in lanes))
            await asyncio.to_thread(os.fsync, file.fileno())
        except BaseException as error:
            await asyncio.shield(self._abandon(name, lanes))
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull from error
            raise
        finally:
            file.close()
        return Staged(name, size, digests.md5, digests.algorithm, digests.strong)

    async def _abandon(self, name: str, lanes: list[Lane]) -> None:
        for lane in lanes:
            await lane.stop()
        await self.drop(name)

    async def digest(self, name: str, *, algorithm: str = "") -> Staged:
        """What a file that a tool wrote holds."""
        digests = Digests(algorithm or self._algorithm)
        path = self.path(name)
        size = (await asyncio.to_thread(path.stat)).st_size
        await asyncio.gather(*(asyncio.to_thread(_feed, path, work) for work in digests.works))
        await asyncio.to_thread(self._sync, path)
        return Staged(name, size, digests.md5, digests.algorithm, digests.strong)

    async def drop(self, *names: str) -> None:
        """Remove files; those that are not there are fine."""
        await asyncio.to_thread(self._drop, names)

    def _sync(self, path: Path) -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())

    def _drop(self, names: tuple[str, ...]) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                self.path(name).unlink()

    async def rename(self, old: str, new: str) -> None:
        """Give a file another name; repeating it is fine."""

        def move() -> None:
            if self.path(old).exists() or not self.path(new).exists():
                self.path(old).replace(self.path(new))
                durable.sync_folder(self._folder)

        await asyncio.to_thread(move)

    async def names(self) -> list[str]:
        """Every file that is here."""
        return sorted(await asyncio.to_thread(os.listdir, self._folder))


async def gathered(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of a useful size."""
    pieces: list[bytes] = []
    waiting = 0
    async for piece in data:
        pieces.append(piece)
        waiting += len(piece)
        if waiting >= GATHER:
            yield b"".join(pieces) if len(pieces) > 1 else piece
            pieces, waiting = [], 0
    if pieces:
        yield b"".join(pieces)


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _feed(path: Path, work: Callable[[bytes], object]) -> None:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(GATHER):
            work(piece)
