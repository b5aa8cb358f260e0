"""The image service, put together."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from pileus.identity.service import Identity
from pileus.image import errors
from pileus.image.data.logic import Opened
from pileus.image.data.logic import Parts as DataParts
from pileus.image.data.wiring import make
from pileus.image.images.api import ImageResource
from pileus.image.images.protections import Protections
from pileus.image.images.table import IMAGES
from pileus.image.members.api import MemberResource
from pileus.image.metadefs import standard
from pileus.image.metadefs.wiring import resources as metadefs
from pileus.image.outside.client import Lookup, look_up
from pileus.image.quotas.api import UsageResource
from pileus.image.quotas.logic import Quotas
from pileus.image.reconcilers.expiry import TaskExpiry
from pileus.image.reconcilers.prefetcher import Prefetcher
from pileus.image.rules import RULES
from pileus.image.schemas.api import SchemaResource, VersionList
from pileus.image.service import ImageRecord
from pileus.image.settings import ImageSettings
from pileus.image.tasks.api import ImageTaskResource, TaskResource
from pileus.image.tasks.logic import Tasks
from pileus.image.versions import IMAGE
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.parts import Parts
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying


class ImageService:
    """The image service of one node; other services see it as `service.Images`."""

    @property
    def dealing(self) -> DataParts:
        """What data are dealt with by."""
        return self._side.parts

    def __init__(self, parts: Parts, settings: ImageSettings, identity: Identity | None, lookup: Lookup) -> None:
        self._parts = parts
        self._identity = identity
        self.tasks = Tasks(parts.world)
        quotas = Quotas(self._limits)
        side = self._side = make(parts, settings, self.tasks, quotas, self._endpoint, lookup)
        self._images, self._data = side.parts.images, side.data
        self.api = Service(
            type="image",
            name="glance",
            trailing_slash=False,
            prefix="/image",
            root="/v2",
            history=IMAGE,
            fault=errors.fault,
            fault_types=("text/html", "application/json"),
            invalid=errors.invalid,
            rules=RULES,
            scopes=lambda _right: ("project",),
            policy_file=parts.policy_file("image"),
        )
        protections = Protections(settings.property_protections)
        protections.declare(self.api.policy)
        self.api.add(
            VersionList(cache=settings.cache_bytes > 0),
            ImageResource(
                self._images, self._data, side.parts.stores, settings.imports.methods, protections, side.patching
            ),
            MemberResource(self._images),
            TaskResource(self.tasks),
            ImageTaskResource(self._images, self.tasks),
            SchemaResource(),
            UsageResource(quotas),
            *metadefs(parts.world),
            *side.resources,
        )
        parts.loops.add(
            TaskExpiry(parts.store, self.tasks),
            side.sweeper,
            Prefetcher(parts.store, side.parts.cache, side.data, self._images),
        )

    async def start(self) -> None:
        """Make the stores usable, and put right what an earlier process left."""
        await retrying(self._parts.store, lambda tx: standard.load(tx, self._parts.world))
        await self._side.start()

    async def _limits(self, tx: Tx, project: str) -> Mapping[str, int]:
        if self._identity is None:
            return {}
        return await self._identity.limits(tx, "image", self._parts.region, project)

    async def _endpoint(self, region: str, interface: str) -> str:
        if self._identity is None:
            return ""
        async with self._parts.store.read() as tx:
            return await self._identity.endpoint(tx, "image", region, interface)

    async def find(self, tx: Tx, who: Caller, image_id: str) -> ImageRecord:
        """An image that the caller may use."""
        return _record(await self._images.get(tx, who, image_id))

    async def path(self, image_id: str) -> Path | None:
        """The file that holds the image's data, where it lies on this machine."""
        opened = await self._open(image_id)
        return opened.path if opened is not None else None

    def read(self, image_id: str) -> AsyncIterator[bytes]:
        """The image's data in pieces."""
        return self._read(image_id)

    async def _read(self, image_id: str) -> AsyncIterator[bytes]:
        opened = await self._open(image_id)
        if opened is None:
            raise errors.ImageNotFound(id=image_id)
        async for chunk in opened.read():
            yield chunk

    async def _open(self, image_id: str) -> Opened | None:
        async with self._parts.store.read() as tx:
            row = await tx.first(select(IMAGES).where(IMAGES.c.id == image_id))
            if row is None:
                return None
            await self._images.locate(tx, [row])
        return await self._data.open(row)

    async def create(self, who: Caller, attributes: dict[str, Any], data: AsyncIterator[bytes]) -> str:
        """Make an image with its data."""
        row = self._images.new(who, attributes)

        async def accept(tx: Tx) -> None:
            await self._images.create(tx, row)
            await self._data.begin(tx, row)

        await retrying(self._parts.store, accept)
        await self._data.take(row, data)
        return str(row["id"])


def _record(row: Row) -> ImageRecord:
    return ImageRecord(
        id=row["id"],
        name=row["name"] or "",
        status=row["status"],
        owner=row["owner"],
        visibility=row["visibility"],
        size=row["size"] or 0,
        virtual_size=row["virtual_size"] or 0,
        disk_format=row["disk_format"] or "",
        container_format=row["container_format"] or "",
        min_disk=row["min_disk"],
        min_ram=row["min_ram"],
        os_hash_algo=row["os_hash_algo"] or "",
        checksum=row["os_hash_value"] or "",
        properties={name: value for name, value in row["extra"].items() if isinstance(value, str)},
    )


def wire(
    parts: Parts, settings: ImageSettings, identity: Identity | None = None, *, lookup: Lookup = look_up
) -> ImageService:
    """Build the image service from the kernel's parts.

    Args:
        identity: knows the image services of other regions; without it there are none.
        lookup: tells the addresses of hosts outside.
    """
    return ImageService(parts, settings, identity, lookup)
