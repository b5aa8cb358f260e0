"""The files of servers on a real host: the image cache and the server folders, as the agent asks for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pileus.host.agent.errors import GuestRefused, HostFull, HostTrouble, ImageUnusable
from pileus.host.agent.protocol import Guest, ImageSource
from pileus.host.hypervisor.spec import Bus, Disk, FileSource
from pileus.host.storage import errors
from pileus.host.storage.disk_store import DiskStore
from pileus.host.storage.image_cache import ImageCache, ImageRef, Opener

_BUSES: dict[str, tuple[Bus, str]] = {"virtio": ("virtio", "vd"), "scsi": ("scsi", "sd"), "ide": ("ide", "hd")}
"""The image property `hw_disk_bus` -> the bus and how its disks are named."""


@asynccontextmanager
async def _meaning() -> AsyncIterator[None]:
    """Turn the storage's errors into the agent's."""
    try:
        yield
    except (errors.ImageRefused, errors.ImageDamaged) as error:
        raise ImageUnusable(str(error)) from error
    except errors.DiskTooSmall as error:
        raise GuestRefused(str(error)) from error
    except errors.NotEnoughSpace as error:
        raise HostFull(str(error)) from error
    except errors.StorageError as error:
        raise HostTrouble(str(error)) from error


class LocalDisks:
    """Fulfils the agent's `Disks` with files.

    Args:
        open_image: opens an image's data by its id.
    """

    def __init__(self, cache: ImageCache, store: DiskStore, open_image: Callable[[str], Opener]) -> None:
        self._cache = cache
        self._store = store
        self._open_image = open_image

    async def fetch(self, image: ImageSource) -> None:
        """See Disks."""
        ref = ImageRef(
            id=image.id,
            disk_format=image.format,
            size=image.size or None,
            hash_algo=image.algorithm or "sha512",
            hash_value=image.digest,
        )
        async with _meaning():
            await self._cache.fetch(ref, self._open_image(image.id))

    async def prepare(self, guest: Guest) -> None:
        """See Disks."""
        async with _meaning():
            base = None
            if guest.image is not None:
                base = self._cache.find(guest.image.id)
                if base is None:
                    raise ImageUnusable(f"image {guest.image.id} is not in the cache")
            await self._store.create_root(guest.id, base, guest.root_gib)
            if guest.ephemeral_gib:
                await self._store.create_ephemeral(guest.id, 0, guest.ephemeral_gib)
            if guest.swap_mib:
                await self._store.create_swap(guest.id, guest.swap_mib)
            if guest.config_drive is not None:
                await self._store.create_config_drive(guest.id, guest.config_drive)

    def disks_of(self, guest: Guest) -> tuple[Disk, ...]:
        """See Disks."""
        files = self._store.files(guest.id)
        bus, letters = _BUSES.get(guest.properties.get("hw_disk_bus", "virtio"), _BUSES["virtio"])
        sources = [FileSource(path=str(files.root_disk), format="qcow2")]
        if guest.ephemeral_gib:
            sources.append(FileSource(path=str(files.ephemeral_disk(0)), format="raw"))
        if guest.swap_mib:
            sources.append(FileSource(path=str(files.swap_disk), format="raw"))
        return tuple(
            Disk(source=source, target=f"{letters}{chr(ord('a') + n)}", bus=bus, boot_order=1 if n == 0 else None)
            for n, source in enumerate(sources)
        )

    def config_drive_of(self, guest: Guest) -> str:
        """See Disks."""
        return str(self._store.files(guest.id).config_drive) if guest.config_drive is not None else ""

    def console_log_of(self, server_id: str) -> str:
        """See Disks."""
        return str(self._store.files(server_id).console_log)

    async def remove(self, server_id: str) -> None:
        """See Disks."""
        async with _meaning():
            await self._store.delete(server_id)

    async def servers(self) -> tuple[str, ...]:
        """See Disks."""
        async with _meaning():
            return tuple(folder.server_id for folder in await self._store.inventory())


def local_file(path: Callable[[str], Awaitable[Path | None]]) -> Callable[[str], Opener]:
    """Opens images that lie on this machine.

    Args:
        path: where an image's data lie, by its id; None for an image without data.
    """

    def opener(image_id: str) -> Opener:
        async def open_it() -> Path:
            found = await path(image_id)
            if found is None:
                raise errors.ImageDamaged(f"image {image_id} has no data")
            return found

        return open_it

    return opener
