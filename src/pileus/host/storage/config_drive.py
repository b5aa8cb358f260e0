"""Config drives: a small ISO 9660 file system with the label that cloud-init looks for."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pileus.host.storage import durable
from pileus.host.storage.child import MIB, Limits, run_child

LABEL = "config-2"
LIMITS = Limits(seconds=60, cpu_seconds=30, memory_mib=256, file_bytes=64 * MIB)


async def build(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a config drive, whole or not at all.

    Args:
        path: the ISO file; one that is there is replaced. Readable by its owner only, as it may hold
        passwords. files: content by relative path, such as `openstack/latest/meta_data.json`. At most 64 MiB
        together.

    Raises:
        ValueError: a path leads out of the drive.
        StorageError: the drive could not be written.
    """
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"{name!r} is not a path inside a config drive")
    part = path.with_name(f".{path.name}.part")
    with tempfile.TemporaryDirectory(prefix=".config-drive-", dir=path.parent) as folder:
        try:
            await asyncio.to_thread(_lay_out, Path(folder), files)
            command = ["genisoimage", "-quiet", "-J", "-r", "-V", LABEL, "-o", str(part), folder]
            await run_child(command, LIMITS)
            part.chmod(0o600)
            await asyncio.to_thread(durable.publish, part, path)
        finally:
            part.unlink(missing_ok=True)


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
