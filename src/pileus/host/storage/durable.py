"""Files that are there whole or not at all, also after a power failure. Blocking: call in a thread."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

FICLONE = 0x40049409
"""ioctl_ficlone(2): share another file's blocks, copy on write."""


def publish(part: Path, final: Path) -> None:
    """Give a finished file its name, after its bytes are on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def duplicate(source: Path, target: Path) -> None:
    """Make `target` the same bytes as `source`, as cheaply as the file systems allow.

    Shared blocks, else the same file under a second name, else a sparse copy. `source` must never change
    again.
    """
    target.unlink(missing_ok=True)
    try:
        with source.open("rb") as reader, target.open("xb") as writer:
            fcntl.ioctl(writer.fileno(), FICLONE, reader.fileno())
    except OSError:
        target.unlink(missing_ok=True)
    else:
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all in it; what is already gone is fine."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
