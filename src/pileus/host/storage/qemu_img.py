"""The qemu-img command: every call names every format, and runs as a limited child."""

from pathlib import Path
from typing import Literal

from pileus.host.storage.child import MIB, Limits, run_child

Format = Literal["raw", "qcow2"]

CREATE_LIMITS = Limits(seconds=60, cpu_seconds=30, memory_mib=1024)


async def convert(
    source: Path, source_format: str, target: Path, *, size: int, target_format: str = "raw", seconds: float = 3600
) -> None:
    """Copy an image of a disk of `size` bytes into a new file, raw (flat and sparse) unless told otherwise.

    The file may not grow beyond the disk, and what a format needs to tell of it.
    """
    room = size + MIB if target_format == "raw" else size + size // 64 + 16 * MIB
    limits = Limits(seconds=seconds, cpu_seconds=max(60, int(seconds)), memory_mib=1024, file_bytes=room)
    command = ["qemu-img", "convert", "-f", source_format, "-O", target_format, "-t", "writeback"]
    await run_child([*command, str(source), str(target)], limits)


async def create_overlay(target: Path, base: Path, base_format: Format, size: int) -> None:
    """Create an empty qcow2 of `size` bytes in front of a base."""
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(base), "-F", base_format]
    await run_child([*command, str(target), str(size)], CREATE_LIMITS)


async def create_blank(target: Path, size: int) -> None:
    """Create an empty qcow2 of `size` bytes."""
    await run_child(["qemu-img", "create", "-q", "-f", "qcow2", str(target), str(size)], CREATE_LIMITS)
