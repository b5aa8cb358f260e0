"""Which places are mount points here.  Bind mounts within one file system and covered mounts are told rightly."""

import os
from pathlib import Path


def is_mount_point(path: Path) -> bool:
    """Whether something is mounted right there.

    Devices cannot tell (a bind mount has its source's), and the table of mounts lists covered ones too; the kernel's
    number of the mount that an open path is on can (proc(5), mnt_id of fdinfo).
    """
    try:
        return _mount_number(path) != _mount_number(path.parent)
    except OSError:
        return False


def mounts_below(folder: Path) -> list[Path]:
    """Mount points below a folder, itself left out, deepest first (proc(5), field 5 of mountinfo)."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    points = {Path(line.split()[4].encode().decode("unicode_escape")) for line in lines}
    found = [point for point in points if folder in point.parents and is_mount_point(point)]
    return sorted(found, key=lambda point: len(point.parts), reverse=True)


def _mount_number(path: Path) -> int:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
    finally:
        os.close(descriptor)
    return next(int(line.split()[1]) for line in lines if line.startswith("mnt_id:"))
