"""The agent's storage on this machine's own disks: `host/storage` put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pileus.host.agent.errors import AgentError, GuestRefused, HostFull, HostTrouble, ImageUnusable
from pileus.host.agent.protocol import Guest, ImageSource
from pileus.host.hypervisor.spec import Bus, Disk, FileSource
from pileus.host.storage import errors
from pileus.host.storage.disk_store import DiskStore
from pileus.host.storage.image_cache import ImageCache, ImageRef, Opener

_MEANING: tuple[tuple[type[Exception], type[AgentError]], ...] = (
    (errors.ImageRefused, ImageUnusable),
    (errors.ImageDamaged, ImageUnusable),
    (errors.DiskTooSmall, GuestRefused),
    (errors.NotEnoughSpace, HostFull),
    (errors.StorageError, HostTrouble),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BUSES: dict[str, Bus] = {"virtio": "virtio", "scsi": "scsi", "ide": "ide", "sata": "sata", "usb": "usb"}


@asynccontextmanager
async def _meaning() -> AsyncIterator[None]:
    """Turn the storage's errors into the agent's."""
    try:
        yield
    except errors.StorageError as error:
        for theirs, ours in _MEANING:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


class LocalDisks:
    """Fulfils the agent's `Disks`.

    Args:
        folder: below it lie `bases/` and `servers/`.
        opener: makes what opens an image's data: a file of this machine, or bytes from afar.
    """

    def __init__(self, folder: Path, opener: Callable[[ImageSource], Opener]) -> None:
        self._cache = ImageCache(folder / "bases")
        self._store = DiskStore(folder / "servers")
        self._opener = opener

    async def fetch(self, image: ImageSource) -> None:
        """See Disks."""
        wanted = ImageRef(
            id=image.id,
            disk_format=image.format,
            size=image.size or None,
            hash_algo=image.algorithm or "sha512",
            hash_value=image.digest,
        )
        async with _meaning():
            await self._cache.fetch(wanted, self._opener(image))

    async def prepare(self, guest: Guest) -> None:
        """See Disks."""
        base = None
        if guest.image is not None:
            base = self._cache.find(guest.image.id)
            if base is None:  # evicted since it was fetched
                await self.fetch(guest.image)
                base = self._cache.find(guest.image.id)
        async with _meaning():
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
        bus = _BUSES.get(guest.properties.get("hw_disk_bus", "virtio"), "virtio")
        prefix = {"virtio": "vd", "ide": "hd"}.get(bus, "sd")
        sources = [FileSource(path=str(files.root_disk), format="qcow2")]
        if guest.ephemeral_gib:
            sources.append(FileSource(path=str(files.ephemeral_disk(0)), format="raw"))
        if guest.swap_mib:
            sources.append(FileSource(path=str(files.swap_disk), format="raw"))
        return tuple(
            Disk(source=source, target=prefix + _LETTERS[place], bus=bus, boot_order=1 if place == 0 else None)
            for place, source in enumerate(sources)
        )

    def config_drive_of(self, guest: Guest) -> str:
        """See Disks."""
        return str(self._store.files(guest.id).config_drive) if guest.config_drive is not None else ""

    def console_log_of(self, server_id: str) -> str:
        """See Disks."""
        return str(self._store.files(server_id).console_log)

    async def remove(self, server_id: str) -> None:
        """See Disks."""
        try:
            async with _meaning():
                await self._store.delete(server_id)
        except OSError as error:
            raise HostTrouble(f"the files of {server_id} cannot be removed: {error}") from error

    async def servers(self) -> tuple[str, ...]:
        """See Disks."""
        return tuple(folder.server_id for folder in await self._store.inventory())

    async def evict_images(self, *, keep_bytes: int = 0) -> list[str]:
        """Remove bases that no server stands on, least recently used first; ids of what was removed."""
        used = {folder.image_id for folder in await self._store.inventory() if folder.image_id}
        return await self._cache.evict(used, keep_bytes=keep_bytes)
