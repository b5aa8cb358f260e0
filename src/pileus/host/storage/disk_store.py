"""The folder of every server on this host, and the disks in it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from pileus.host.storage import config_drive, durable, qemu_img
from pileus.host.storage.child import MIB, Limits, run_child
from pileus.host.storage.errors import DiskTooSmall
from pileus.host.storage.image_cache import Base

GIB = 2**30
FORMAT_LIMITS = Limits(seconds=120, cpu_seconds=60, memory_mib=512)
BASE_FILE = "base"
"""Note beside the root disk: the image that it stands on. The disk's own header is not trusted."""


class ServerFiles(msgspec.Struct, frozen=True):
    """Where the files of one server lie, whether they exist or not."""

    folder: Path

    @property
    def root_disk(self) -> Path:
        """The root disk, qcow2."""
        return self.folder / "disk"

    @property
    def swap_disk(self) -> Path:
        """The swap disk, raw."""
        return self.folder / "disk.swap"

    def ephemeral_disk(self, number: int) -> Path:
        """The n-th ephemeral disk from 0, raw."""
        return self.folder / f"disk.eph{number}"

    @property
    def config_drive(self) -> Path:
        """The config drive, ISO 9660."""
        return self.folder / "disk.config"

    @property
    def console_log(self) -> Path:
        """What the guest wrote to its serial line."""
        return self.folder / "console.log"

    @property
    def serial_socket(self) -> Path:
        """The serial line, live."""
        return self.folder / "serial"


class ServerFolder(msgspec.Struct, frozen=True):
    """One server folder, for audits."""

    server_id: str
    bytes_on_disk: int
    image_id: str
    """Image that the root disk stands on; empty: none."""


class DiskStore:
    """All server folders of a host. Every call may be repeated; a disk that is there is left as it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def files(self, server_id: str) -> ServerFiles:
        """Return where a server's files lie. Raises ValueError unless the id is a UUID."""
        return ServerFiles(self._folder / str(uuid.UUID(server_id)))

    async def create_root(self, server_id: str, base: Base | None, size_gib: int) -> Path:
        """Create the root disk: an overlay on `base`, or an empty disk.

        `size_gib` 0 means: as large as the base.

        Raises:
            DiskTooSmall: the base does not fit.
        """
        size = size_gib * GIB or (base.virtual_size if base else 0)
        if not size:
            raise DiskTooSmall("a disk without an image needs a size")
        if base and base.virtual_size > size:
            need = -(-base.virtual_size // GIB)
            raise DiskTooSmall(f"the image needs {need} GiB, the flavor's disk has {size_gib} GiB")

        async def make(part: Path) -> None:
            if base is None:
                await qemu_img.create_blank(part, size)
                return
            # First the note, then the disk: a base must never look unused while something stands on it.
            await asyncio.to_thread(_write, part.with_name(BASE_FILE), base.image_id)
            await qemu_img.create_overlay(part, base.path, "raw", size)

        return await self._once(self.files(server_id).root_disk, make)

    async def create_ephemeral(self, server_id: str, number: int, size_gib: int) -> Path:
        """Create an ephemeral disk: ext4, labelled ephemeral0 and so on."""

        async def make(part: Path) -> None:
            await asyncio.to_thread(_sparse, part, size_gib * GIB)
            await run_child(["mkfs.ext4", "-q", "-F", "-L", f"ephemeral{number}", str(part)], FORMAT_LIMITS)

        return await self._once(self.files(server_id).ephemeral_disk(number), make)

    async def create_swap(self, server_id: str, size_mib: int) -> Path:
        """Create the swap disk, ready for swapon."""

        async def make(part: Path) -> None:
            await asyncio.to_thread(_sparse, part, size_mib * MIB)
            await run_child(["mkswap", str(part)], FORMAT_LIMITS)

        return await self._once(self.files(server_id).swap_disk, make)

    async def create_config_drive(self, server_id: str, files: dict[str, bytes]) -> Path:
        """Write the config drive anew; see config_drive.build."""
        path = self.files(server_id).config_drive
        path.parent.mkdir(exist_ok=True)
        await config_drive.build(path, files)
        return path

    async def delete(self, server_id: str) -> None:
        """Remove a server's folder with all in it; no folder is fine."""
        await asyncio.to_thread(durable.remove_tree, self.files(server_id).folder)

    async def inventory(self) -> list[ServerFolder]:
        """Return every server folder that is there."""
        return await asyncio.to_thread(self._survey)

    async def _once(self, final: Path, make: Callable[[Path], Awaitable[None]]) -> Path:
        """Make a file under another name and publish it, unless it is there."""
        if await asyncio.to_thread(final.exists):
            return final
        final.parent.mkdir(exist_ok=True)
        part = final.with_name(f".{final.name}.part")
        part.unlink(missing_ok=True)
        try:
            await make(part)
            await asyncio.to_thread(durable.publish, part, final)
        finally:
            part.unlink(missing_ok=True)
        return final

    def _survey(self) -> list[ServerFolder]:
        found = []
        for folder in sorted(self._folder.iterdir()):
            note = folder / BASE_FILE
            used = sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
            found.append(ServerFolder(folder.name, used, note.read_text() if note.exists() else ""))
        return found


def _sparse(path: Path, size: int) -> None:
    with path.open("xb") as file:
        file.truncate(size)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text)
    durable.publish(part, path)
