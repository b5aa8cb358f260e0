"""Whether an image file is what it says it is, and stays within itself."""

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path

import msgspec

from pileus.host.storage import child
from pileus.host.storage.errors import ImageRefused

SECONDS = 60.0

# What the image service calls a format -> what the content may look like. A raw disk may be partitioned or encrypted.
CONTENT = {
    "raw": {"raw", "gpt", "luks"},
    "ami": {"raw", "gpt"},
    "ari": {"raw"},
    "aki": {"raw"},
    "iso": {"iso", "gpt"},
    "gpt": {"gpt"},
    "qcow2": {"qcow2"},
    "vmdk": {"vmdk"},
    "vdi": {"vdi"},
    "vhd": {"vhd"},
    "vhdx": {"vhdx"},
}

# What the image service calls a format -> what qemu-img calls it.
QEMU_NAMES = {"ami": "raw", "ari": "raw", "aki": "raw", "iso": "raw", "gpt": "raw", "vhd": "vpc"}

MAX_L1_ENTRIES = 32 * 2**20 // 8
"""QEMU's own limit of a qcow2's first-level table."""


class Report(msgspec.Struct, frozen=True):
    """What inspect_child.py prints.

    Attributes:
        formats: every name that the content matches; "raw" where none does.
        virtual_size: bytes that a guest would see, as the content says.
        failures: each check that failed, and why.
        encrypted, l1_entries, snapshots: of a qcow2.
    """

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


async def look(path: Path, *, seconds: float = SECONDS) -> Report:
    """Look at a file in a child process without privileges.

    Raises:
        ToolFailed, ToolTimedOut: it could not be looked at; nothing is known about it, so it must not be used.
    """
    script = str(Path(__file__).with_name("inspect_child.py"))
    limits = child.Limits(seconds=seconds, cpu_seconds=max(1, int(seconds)), memory_mib=512, file_bytes=0)
    file = await asyncio.to_thread(path.open, "rb")
    try:
        # -P: the script's folder is no place to import from.
        printed = await child.run_child([sys.executable, "-P", script], limits, stdin=file.fileno())
    finally:
        file.close()
    return msgspec.json.decode(printed, type=Report)


def unsafe(report: Report, nonfatal: Collection[str] = ()) -> str:
    """Why content is not safe to use, whatever it is taken for; empty if it is.

    Args:
        nonfatal: checks of partition tables that may fail.
    """
    failures = dict(report.failures)
    if set(report.formats) == {"gpt"}:
        failures = {name: why for name, why in failures.items() if name not in nonfatal}
    if failures or not report.formats:
        why = "; ".join(f"{name}: {text}" for name, text in sorted(failures.items()))
        return f"the image is not safe to use: {why}"
    if report.l1_entries > MAX_L1_ENTRIES:
        return f"the image has a table of {report.l1_entries} entries, more than any disk needs"
    return ""


def differs(report: Report, disk_format: str) -> str:
    """How content differs from what it is declared as; empty if it does not."""
    content = set(report.formats)
    allowed = CONTENT.get(disk_format, {"raw"})
    if content and content <= allowed and (disk_format != "iso" or "iso" in content):
        return ""
    return f"the image is declared as {disk_format} but its content is {' and '.join(sorted(content))}"


async def inspect(path: Path, disk_format: str, max_virtual_size: int) -> Inspection:
    """Look at an image that a tool of this host shall open.

    Arguments:
        path: the file.
        disk_format: what its owner declared, in the image service's words.
        max_virtual_size: bytes; a file that claims more is refused.

    Raises:
        ImageRefused: it is of another format, points at other files, or is too large.
        ToolFailed: it could not be looked at; nothing is known about it, so it must not be used.
    """
    if disk_format not in CONTENT:
        raise ImageRefused(f"images of format {disk_format} cannot be used here")
    report = await look(path)
    refusal = (report.formats and differs(report, disk_format)) or unsafe(report)
    if refusal:
        raise ImageRefused(refusal)
    if report.encrypted:
        raise ImageRefused("the image is encrypted")
    qemu_format = QEMU_NAMES.get(disk_format, disk_format)
    size_of_file = (await asyncio.to_thread(path.stat)).st_size
    virtual_size = size_of_file if qemu_format == "raw" else report.virtual_size
    if virtual_size <= 0:
        raise ImageRefused("the image is empty")
    if virtual_size > max_virtual_size:
        raise ImageRefused(f"the image's disk of {virtual_size} bytes is over the limit, {max_virtual_size}")
    return Inspection(qemu_format, virtual_size)
