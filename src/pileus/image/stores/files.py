"""Image data as files in the state folder, named by their content so that the same data are kept once."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pileus.image.stores.protocol import TooMuchData, Written
from pileus.kernel.ids import Ids
from pileus.kernel.serving.server import file_chunks

GATHER = 1 << 20


class FileStore:
    """Files `<sha512>` in one folder; `incoming/` below it holds what is being written.

    Hashing and writing happen in threads, a megabyte at a time, beside the network's next megabyte; the two digests
    cost as much as everything else, so each has a thread.
    """

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._ids = ids

    async def prepare(self) -> None:
        """Make the folders, and drop what an earlier process did not finish."""
        await asyncio.to_thread(self._incoming.mkdir, parents=True, exist_ok=True)
        for left in await asyncio.to_thread(lambda: list(self._incoming.iterdir())):
            await asyncio.to_thread(left.unlink)

    async def write(self, data: AsyncIterator[bytes], most: int) -> Written:
        """Take data."""
        writer = _Writer(self._incoming / self._ids.hex(), most)
        pending: asyncio.Future[Any] | None = None
        try:
            gathered: list[bytes] = []
            waiting = 0
            async for chunk in data:
                gathered.append(chunk)
                waiting += len(chunk)
                if waiting >= GATHER:
                    if pending is not None:
                        await pending
                    pending = writer.take(b"".join(gathered))
                    gathered, waiting = [], 0
            if pending is not None:
                await pending
            await writer.take(b"".join(gathered))
            return await asyncio.to_thread(writer.finish, self._folder)
        except BaseException:
            if pending is not None:
                await asyncio.wait({pending})  # threads that still write must not find the file closed
            await asyncio.to_thread(writer.abandon)
            raise

    def read(self, blob: str) -> AsyncIterator[bytes]:
        """The data in pieces."""
        return file_chunks(self._folder / blob)

    async def path(self, blob: str) -> Path | None:
        """The file that holds the data."""
        path = self._folder / blob
        return path if await asyncio.to_thread(path.exists) else None

    async def delete(self, blob: str) -> None:
        """Forget data."""
        await asyncio.to_thread((self._folder / blob).unlink, missing_ok=True)

    async def blobs(self) -> set[str]:
        """The names of all data."""
        names = await asyncio.to_thread(os.listdir, self._folder)
        return {name for name in names if name != "incoming"}


class _Writer:
    """One file on its way in; every method but `take` blocks."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._most = most
        self._size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()

    def take(self, data: bytes) -> asyncio.Future[Any]:
        """Write and digest in threads; done before the next call."""
        return asyncio.gather(asyncio.to_thread(self._add, data), asyncio.to_thread(self._sha512.update, data))

    def _add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most:
            raise TooMuchData
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._md5.update(data)

    def finish(self, folder: Path) -> Written:
        os.fsync(self._file.fileno())
        self._file.close()
        name = self._sha512.hexdigest()
        self._path.replace(folder / name)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return Written(name, self._size, self._md5.hexdigest(), name)

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
