"""Whether an image file is what it says it is, and stays within itself."""

import asyncio
import sys
from pathlib import Path

import msgspec

from pileus.host.storage import child
from pileus.host.storage.errors import ImageRefused

LIMITS = child.Limits(seconds=300, cpu_seconds=240, memory_mib=512, file_bytes=0)

# What the image service calls a format -> what the content may look like. A raw disk may be partitioned.
CONTENT = {
    "raw": {"raw", "gpt"},
    "ami": {"raw", "gpt"},
    "ari": {"raw"},
    "aki": {"raw"},
    "iso": {"iso", "gpt"},
    "qcow2": {"qcow2"},
    "vmdk": {"vmdk"},
    "vdi": {"vdi"},
    "vhd": {"vhd"},
    "vhdx": {"vhdx"},
}

# What the image service calls a format -> what qemu-img calls it.
QEMU_NAMES = {"ami": "raw", "ari": "raw", "aki": "raw", "iso": "raw", "vhd": "vpc"}

MAX_L1_ENTRIES = 32 * 2**20 // 8
"""QEMU's own limit of a qcow2's first-level table."""


class _Report(msgspec.Struct):
    """What inspect_child.py prints."""

    formats: list[str]
    virtual_size: int
    failures: dict[str, str]
    encrypted: bool = False
    l1_entries: int = 0
    snapshots: int = 0


class Inspection(msgspec.Struct, frozen=True):
    """An image that passed."""

    qemu_format: str
    """Name of its format for qemu-img's -f."""
    virtual_size: int
    """Bytes that a guest would see."""


async def inspect(path: Path, disk_format: str, max_virtual_size: int) -> Inspection:
    """Look at an image in a child process.

    Arguments:
        path: the file.
        disk_format: what its owner declared, in the image service's words.
        max_virtual_size: bytes; a file that claims more is refused.

    Raises:
        ImageRefused: it is of another format, points at other files, or is too large.
        ToolFailed: it could not be looked at; nothing is known about it, so it must not be used.
    """
    allowed = CONTENT.get(disk_format)
    if allowed is None:
        raise ImageRefused(f"images of format {disk_format} cannot be used here")
    script = str(Path(__file__).with_name("inspect_child.py"))
    # -P: the script's folder is no place to import from.
    printed = await child.run_child([sys.executable, "-P", script, str(path)], LIMITS)
    report = msgspec.json.decode(printed, type=_Report)
    content = set(report.formats)
    if content and not content <= allowed:
        raise ImageRefused(f"the image is declared as {disk_format} but its content is {_words(content)}")
    if report.failures or not content:
        why = "; ".join(f"{name}: {text}" for name, text in sorted(report.failures.items()))
        raise ImageRefused(f"the image is not safe to use: {why}")
    if report.encrypted:
        raise ImageRefused("the image is encrypted")
    if report.l1_entries > MAX_L1_ENTRIES:
        raise ImageRefused(f"the image has a table of {report.l1_entries} entries, more than any disk needs")
    qemu_format = QEMU_NAMES.get(disk_format, disk_format)
    size_of_file = (await asyncio.to_thread(path.stat)).st_size
    virtual_size = size_of_file if qemu_format == "raw" else report.virtual_size
    if virtual_size <= 0:
        raise ImageRefused("the image is empty")
    if virtual_size > max_virtual_size:
        raise ImageRefused(f"the image's disk of {virtual_size} bytes is over the limit, {max_virtual_size}")
    return Inspection(qemu_format, virtual_size)


def _words(names: set[str]) -> str:
    return " and ".join(sorted(names))
