"""All that deals with images' data, put together."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from pileus.image.cache.api import CacheResource
from pileus.image.cache.logic import Cache
from pileus.image.data.api import ActionResource, DataResource
from pileus.image.data.keeping import Keeper
from pileus.image.data.logic import Data
from pileus.image.data.logic import Parts as DataParts
from pileus.image.images.logic import Images
from pileus.image.imports.api import ImportResource
from pileus.image.imports.logic import Imports
from pileus.image.imports.operations.image_import import ImageImport
from pileus.image.imports.operations.location_import import LocationImport
from pileus.image.imports.sources import Endpoint, Sources
from pileus.image.inspection.logic import Inspector
from pileus.image.locations.api import LocationResource
from pileus.image.locations.logic import Locations
from pileus.image.locations.patching import Patching
from pileus.image.outside.client import Lookup, Outside
from pileus.image.quotas.logic import Quotas
from pileus.image.reconcilers.sweeper import Sweeper
from pileus.image.settings import ImageSettings
from pileus.image.signatures.certificates import CertificateFolder
from pileus.image.signatures.verification import Verifier
from pileus.image.staging.area import Area
from pileus.image.stores.api import InfoResource, StoreResource
from pileus.image.stores.registry import stores_of
from pileus.image.tasks.logic import Tasks
from pileus.kernel.parts import Parts


class DataSide(msgspec.Struct, frozen=True):
    """What deals with data.

    Attributes:
        sweeper: a reconciler; also tidies up at the start.
        resources: the part of the API.
    """

    parts: DataParts
    data: Data
    imports: Imports
    patching: Patching
    sweeper: Sweeper
    resources: tuple[Any, ...]

    async def start(self) -> None:
        """Make the stores usable, and put right what an earlier process left."""
        await self.parts.area.prepare()
        for name in self.parts.stores.writable:
            await self.parts.stores.store(name).prepare()
        await self.data.recover()
        await self.sweeper.tidy(everything=True)


def make(
    parts: Parts, settings: ImageSettings, tasks: Tasks, quotas: Quotas, endpoint: Endpoint, lookup: Lookup
) -> DataSide:
    """Build what deals with data.

    Args:
        endpoint: tells where the image services of other regions are.
        lookup: tells the addresses of hosts outside.
    """
    outside = Outside(settings.download, lookup)
    dealt = _parts(parts, settings, outside, quotas)
    data = Data(dealt)
    sources = Sources(dealt, data, outside, endpoint, settings.imports.copied_properties)
    methods = settings.imports.methods
    imports = Imports(dealt, parts.engine, tasks, sources, outside, methods)
    parts.engine.register(ImageImport(dealt, data, sources, tasks, settings))
    parts.engine.register(LocationImport(dealt, tasks, settings.hash_algorithm))
    images, stores = dealt.images, dealt.stores
    resources: Iterable[Any] = (
        DataResource(images, data, stores, methods),
        ActionResource(images),
        ImportResource(images, imports),
        InfoResource(stores, methods),
        LocationResource(images, imports, stores),
        StoreResource(images, dealt.locations, stores, dealt.keeper),
        CacheResource(dealt.cache, images),
    )
    sweeper = Sweeper(parts.store, stores, dealt.locations, dealt.area, dealt.keeper, node=parts.node)
    patching = Patching(dealt.locations, stores, outside, dealt.keeper, settings.hash_algorithm)
    return DataSide(dealt, data, imports, patching, sweeper, tuple(resources))


def _parts(parts: Parts, settings: ImageSettings, outside: Outside, quotas: Quotas) -> DataParts:
    folder = parts.state / "image"
    stores = stores_of(settings, folder, parts.world, outside)
    locations = Locations(stores, parts.world, show=settings.show_locations)
    certificates = CertificateFolder(Path(settings.certificates) if settings.certificates else None)
    return DataParts(
        store=parts.store,
        world=parts.world,
        images=Images(parts.world, locations, quotas),
        cache=Cache(
            parts.store,
            parts.world,
            parts.signals,
            folder=folder / "cache",
            node=parts.node,
            most=settings.cache_bytes,
        ),
        stores=stores,
        locations=locations,
        area=Area(folder / "staging", settings.hash_algorithm),
        keeper=Keeper(parts.store, stores, locations),
        inspector=Inspector(settings.tolerated, settings.most_bytes),
        verifier=Verifier(certificates),
        node=parts.node,
        most=settings.most_bytes,
    )
