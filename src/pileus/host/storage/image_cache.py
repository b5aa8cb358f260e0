"""Bases: images as flat raw files, fetched and checked once per host."""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterable, Awaitable, Callable, Collection
from pathlib import Path

from msgspec import Struct

from pileus.host.storage import durable, qemu_img
from pileus.host.storage.errors import ImageDamaged, ImageRefused, NotEnoughSpace, ToolFailed
from pileus.host.storage.inspection import inspect
from pileus.host.turns import Turns
from pileus.kernel.clock import Clock, SystemClock

Opener = Callable[[], Awaitable[AsyncIterable[bytes] | Path]]
"""Opens the image: its bytes from afar, or a file of this machine that never changes again."""

SAFE_NAME = re.compile(r"[0-9a-fA-F-]{1,64}")


class ImageRef(Struct, frozen=True, kw_only=True):
    """What the image service says about an image."""

    id: str
    disk_format: str
    size: int | None = None
    """Bytes of the file; None: not known."""
    hash_algo: str = "sha512"
    hash_value: str = ""
    """Hexadecimal; empty: not known. Compared for bytes from afar only: local files were, when stored."""


class Base(Struct, frozen=True):
    """A flat raw file, read-only for ever, that overlays stand on."""

    image_id: str
    path: Path
    virtual_size: int
    """Bytes."""


class ImageCache:
    """The bases of one host.

    Arguments:
        folder: where they lie; created if missing. Nobody else writes there.
        max_virtual_size: bytes; images that claim a larger disk are refused.
        clock: dates the uses that eviction compares.
    """

    def __init__(self, folder: Path, *, max_virtual_size: int = 2**44, clock: Clock | None = None) -> None:
        self._folder = folder
        self._max_virtual_size = max_virtual_size
        self._clock = clock or SystemClock()
        self._turns = Turns()
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob(".*.part"):
            part.unlink()

    def find(self, image_id: str) -> Base | None:
        """Return the base of an image if it is here."""
        path = self._path(image_id)
        try:
            return Base(image_id, path, path.stat().st_size)
        except FileNotFoundError:
            return None

    async def fetch(self, image: ImageRef, opener: Opener) -> Base:
        """Return the base of an image; whoever asks first fetches it, the others wait for that.

        Raises:
            ImageRefused: it is not what it says, or not safe.
            ImageDamaged: other bytes arrived than were promised.
            NotEnoughSpace: it does not fit.
        """
        async with self._turns.take(image.id):
            base = self.find(image.id)
            if base is None:
                base = await self._make(image, opener)
            await asyncio.to_thread(os.utime, base.path, (self._clock.now().timestamp(), base.path.stat().st_mtime))
            return base

    async def evict(self, in_use: Collection[str], *, keep_bytes: int = 0, min_age: float = 3600.0) -> list[str]:
        """Remove bases, least recently fetched first, until the rest takes at most `keep_bytes`.

        Spared are images in `in_use` (some overlay stands on them), those fetched less than `min_age` seconds ago
        (their overlay may be about to be made) and those being fetched. Returns the ids of what was removed.
        """
        found = await asyncio.to_thread(self._survey)
        total = sum(size for _, size, _ in found)
        removed = []
        for image_id, size, used_at in sorted(found, key=lambda entry: entry[2]):
            if total <= keep_bytes:
                break
            if image_id in in_use or self._clock.now().timestamp() - used_at < min_age or self._turns.busy(image_id):
                continue
            self._path(image_id).unlink(missing_ok=True)
            total -= size
            removed.append(image_id)
        return removed

    def _path(self, image_id: str) -> Path:
        if not SAFE_NAME.fullmatch(image_id):
            raise ImageRefused("an image's id has only hexadecimal digits and dashes")
        return self._folder / f"{image_id}.raw"

    def _survey(self) -> list[tuple[str, int, float]]:
        """Return (image, bytes on disk, last use) of every base."""
        stats = [(path.stem, path.stat()) for path in self._folder.glob("*.raw")]
        return [(image_id, stat.st_blocks * 512, stat.st_atime) for image_id, stat in stats]

    async def _make(self, image: ImageRef, opener: Opener) -> Base:
        """Fetch, look, flatten, publish. Whatever happens, no part of it is left behind."""
        final = self._path(image.id)
        fetched = self._folder / f".{image.id}.fetched.part"
        flat = self._folder / f".{image.id}.flat.part"
        try:
            source = await self._obtain(image, opener, fetched)
            seen = await inspect(source, image.disk_format, self._max_virtual_size)
            if seen.qemu_format != "raw":
                try:
                    await qemu_img.convert(source, seen.qemu_format, flat, size=seen.virtual_size)
                except ToolFailed as error:
                    raise self._explain(error) from error
            elif source == fetched:
                fetched.rename(flat)
            else:
                await asyncio.to_thread(durable.duplicate, source, flat)
            await asyncio.to_thread(durable.publish, flat, final)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NotEnoughSpace(f"no room for image {image.id}") from error
            raise
        finally:
            for part in (fetched, flat):
                with contextlib.suppress(FileNotFoundError):
                    part.unlink()
        return Base(image.id, final, final.stat().st_size)

    @staticmethod
    def _explain(error: ToolFailed) -> Exception:
        if "No space left" in str(error):
            return NotEnoughSpace(str(error))
        return ImageRefused(f"the image cannot be converted: {error}")

    async def _obtain(self, image: ImageRef, opener: Opener, part: Path) -> Path:
        """Return a local file with the image's bytes: the opener's own, or `part`, filled and compared."""
        opened = await opener()
        if isinstance(opened, Path):
            return opened
        free = shutil.disk_usage(self._folder).free
        if image.size is not None and image.size > free:
            raise NotEnoughSpace(f"image {image.id} has {image.size} bytes, {free} are free")
        digest = hashlib.new(image.hash_algo, usedforsecurity=False) if image.hash_value else None
        size = 0
        with part.open("wb") as file:

            def take(chunk: bytes) -> None:
                file.write(chunk)
                if digest is not None:
                    digest.update(chunk)

            async for chunk in opened:
                size += len(chunk)
                if image.size is not None and size > image.size:
                    break
                await asyncio.to_thread(take, chunk)
        if image.size is not None and size != image.size:
            raise ImageDamaged(f"image {image.id} shall have {image.size} bytes, {size} or more arrived")
        if digest is not None and digest.hexdigest() != image.hash_value.lower():
            raise ImageDamaged(f"the {image.hash_algo} of image {image.id} is not the promised one")
        return part
