"""Image data as files in a folder, named by their content so that the same data are kept once."""

import asyncio
import errno
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pileus.host.storage import durable
from pileus.image.stores.protocol import DataMissing, StorageFull
from pileus.kernel.ids import Ids
from pileus.kernel.serving.server import CHUNK, file_chunks

_NAME = re.compile(r"[0-9a-f]{32,128}")


class FileStore:
    """Files `<digest>` in one folder; `incoming/` below it holds what is being copied."""

    kind = "file"

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._ids = ids

    async def prepare(self) -> None:
        """Make the folders, and drop what an earlier process did not finish."""
        await asyncio.to_thread(self._incoming.mkdir, parents=True, exist_ok=True)
        for left in await asyncio.to_thread(lambda: list(self._incoming.iterdir())):
            await asyncio.to_thread(left.unlink)

    def url(self, name: str) -> str:
        """The file's address."""
        return f"file://{self._folder / name}"

    def name(self, url: str) -> str | None:
        """The name of the data at an address of this folder."""
        folder, _, name = url.rpartition("/")
        return name if folder == f"file://{self._folder}" and _NAME.fullmatch(name) else None

    def properties(self) -> dict[str, Any]:
        """Where the files lie."""
        return {"data_dir": str(self._folder), "chunk_size": CHUNK, "thin_provisioning": False}

    async def keep(self, source: Path, name: str, *, share: bool) -> None:
        """Keep a file under its content's name: the same file where it may be and lies near, else a copy."""
        await asyncio.to_thread(self._keep, source, name, share)

    def _keep(self, source: Path, name: str, share: bool) -> None:
        final = self._folder / name
        if final.exists():
            return
        try:
            if share and _linked(source, final):
                durable.sync_folder(self._folder)
                return
            part = self._incoming / self._ids.hex()
            try:
                shutil.copyfile(source, part)
                durable.publish(part, final)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull from error
            raise

    async def _read(self, name: str, start: int, length: int | None) -> AsyncIterator[bytes]:
        try:
            async for piece in file_chunks(self._folder / name, start, length):
                yield piece
        except FileNotFoundError:
            raise DataMissing("The image's data are not in the store.") from None

    def read(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The data in pieces."""
        return self._read(name, start, length)

    async def path(self, name: str) -> Path | None:
        """The file that holds the data."""
        path = self._folder / name
        return path if await asyncio.to_thread(path.exists) else None

    async def size(self, name: str) -> int | None:
        """Bytes of the data."""
        try:
            return (await asyncio.to_thread((self._folder / name).stat)).st_size
        except FileNotFoundError:
            raise DataMissing("The image's data are not in the store.") from None

    async def delete(self, name: str) -> None:
        """Forget data."""
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)

    async def names(self) -> set[str]:
        """The names of all data."""
        names = await asyncio.to_thread(os.listdir, self._folder)
        return {name for name in names if name != "incoming"}


def _linked(source: Path, final: Path) -> bool:
    try:
        os.link(source, final)
    except FileExistsError:
        return True
    except OSError as error:
        if error.errno in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}:
            return False
        raise
    return True
