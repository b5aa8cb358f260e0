"""Unpacking imported data: zip with one file in it, and gzip.

The work is done by a child process with limits: a small file can unpack to any size, and the libraries that read these
formats are not made for files that are out to harm them.
"""

import asyncio
import shutil
import sys
from pathlib import Path

from pileus.host.storage import child
from pileus.host.storage.errors import StorageError
from pileus.kernel.operations import StepFailed

MAGIC = {"zip": (0, b"PK\x03\x04"), "lha": (2, b"-lh"), "gzip": (0, b"\x1f\x8b\x08")}
RESERVE = 1 << 30
"""Bytes of the disk that unpacking leaves free."""


def packing(head: bytes) -> str:
    """How data that begin so are packed; empty for not at all."""
    for name, (offset, magic) in MAGIC.items():
        if head[offset : offset + len(magic)] == magic:
            return name
    return ""


async def unpack(source: Path, target: Path, *, most: int, seconds: float) -> bool:
    """Unpack a file, if it is packed; whether it was.

    Args:
        most: bytes that may come out.

    Raises:
        StepFailed: it cannot be unpacked.
    """
    head = await asyncio.to_thread(_head, source)
    kind = packing(head)
    if not kind:
        return False
    if kind == "lha":
        raise StepFailed("Image decompression failed: LHA archives cannot be unpacked here.", code=400)
    free = (await asyncio.to_thread(shutil.disk_usage, target.parent)).free
    script = str(Path(__file__).with_name("unpack_child.py"))
    limits = child.Limits(seconds=seconds, cpu_seconds=max(1, int(seconds)), memory_mib=256, file_bytes=most)
    await asyncio.to_thread(target.touch)
    command = [sys.executable, "-P", script, kind, str(target), str(max(0, free - RESERVE))]
    file = await asyncio.to_thread(source.open, "rb")
    try:
        await child.run_child(command, limits, stdin=file.fileno())
    except StorageError as error:
        raise StepFailed(f"Image decompression failed: {_last(str(error))}", code=400) from None
    finally:
        file.close()
    return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _last(words: str) -> str:
    return words.strip().rpartition("\n")[2]
