"""One cloud put together: the kernel's parts, the services on them, and the ground below."""

from collections.abc import Mapping
from pathlib import Path

from pileus.cloud.folder import StateFolder
from pileus.cloud.foundation.parts import make_parts, prepare
from pileus.cloud.ground.protocol import Ground
from pileus.cloud.settings import CloudSettings
from pileus.compute.wiring import ComputeService
from pileus.compute.wiring import wire as wire_compute
from pileus.identity.wiring import IdentityService
from pileus.identity.wiring import wire as wire_identity
from pileus.image.wiring import ImageService
from pileus.image.wiring import wire as wire_image
from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World
from pileus.network.door.logic import Door as NetworkService
from pileus.network.wiring import wire as wire_network
from pileus.object_store.wiring import ObjectStoreService
from pileus.object_store.wiring import wire as wire_object_store
from pileus.placement.wiring import PlacementService
from pileus.placement.wiring import wire as wire_placement


class Cloud:
    """The services of one cloud.

    Attributes:
        services: their APIs, in the order of the catalog.
    """

    def __init__(self, parts: Parts, settings: CloudSettings, ground: Ground) -> None:
        self.parts = parts
        self.ground = ground
        self.identity: IdentityService = wire_identity(parts, settings.identity)
        self.image: ImageService = wire_image(parts, settings.image, self.identity)
        self.placement: PlacementService = wire_placement(parts, settings.placement)
        self.network: NetworkService = wire_network(parts, settings.network, ground.network)
        self.compute: ComputeService = wire_compute(
            parts, settings.compute, self.identity, self.image, self.placement, self.network, ground.hosts
        )
        self.object_store: ObjectStoreService = wire_object_store(
            parts,
            settings.object_store,
            durable=settings.store.durable and ground.durable,
            signer=self.identity.signer,
        )
        self.services: list[Service] = [
            self.identity.api,
            self.image.api,
            self.placement.api,
            self.network.api,
            self.compute.api,
            self.object_store.api,
            self.object_store.s3,
        ]

    async def start(
        self, *, url: str, admin_password: str, demo_password: str, places: Mapping[str, str] | None = None
    ) -> None:
        """Make what a fresh cloud needs, then start operations and reconcilers.

        Args:
            places: by type, what the address of a service starts with that has a listener of its own.
        """
        async with self.parts.store.write() as tx:
            await self.identity.prepare(
                tx,
                admin_password=admin_password,
                demo_password=demo_password,
                url=url,
                services=self.services,
                places=places,
            )
            await self.compute.prepare(tx)
        await self.image.start()
        await self.object_store.start(url)
        await self.ground.start(self.parts, self.compute, self.image.path)
        await self.compute.meet_hosts()
        await self.parts.engine.start()
        await self.parts.loops.start()

    async def stop(self) -> None:
        """Stop where the journal stands."""
        await self.parts.loops.stop()
        await self.network.close()
        await self.parts.engine.stop()
        await self.object_store.stop()
        await self.ground.stop()
        await self.parts.store.stop()


def declared() -> list[Service]:
    """Every service as declared, over nothing: for documents."""
    from pileus.cloud.ground.simulated import SimulatedGround

    settings, world, transport = CloudSettings(), World(), MemoryTransport()
    folder = StateFolder(Path("/nonexistent"))
    store = SqliteStore(None, durable=False, prepare=prepare)
    parts = make_parts(settings, folder, store, world, transport, "documents")
    return Cloud(parts, settings, SimulatedGround(settings.simulated, folder, world, transport)).services
