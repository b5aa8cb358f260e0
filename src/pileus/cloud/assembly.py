"""One cloud put together: the kernel's parts, the services on them, and the ground below."""

from pathlib import Path

from sqlalchemy import Connection

import pileus
from pileus.cloud.folder import StateFolder
from pileus.cloud.ground.protocol import Ground
from pileus.cloud.settings import CloudSettings
from pileus.compute.wiring import ComputeService
from pileus.compute.wiring import wire as wire_compute
from pileus.identity.wiring import IdentityService
from pileus.identity.wiring import wire as wire_identity
from pileus.image.wiring import ImageService
from pileus.image.wiring import wire as wire_image
from pileus.kernel.api.declare import Service
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.peers.protocol import Transport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.signals import Signals
from pileus.kernel.store import Store
from pileus.kernel.store.schema import bring_up_to_date
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World
from pileus.network.door.logic import Door as NetworkService
from pileus.network.wiring import wire as wire_network
from pileus.object_store.wiring import ObjectStoreService
from pileus.object_store.wiring import wire as wire_object_store
from pileus.placement.wiring import PlacementService
from pileus.placement.wiring import wire as wire_placement


def migrations() -> list[Path]:
    """The folders of migrations: the kernel's and one of each service that has any."""
    root = Path(pileus.__file__).parent
    return sorted(root.glob("*/migrations"))


def prepare(connection: Connection) -> None:
    """Bring a database's schema up to date."""
    bring_up_to_date(connection, migrations())


def open_store(settings: CloudSettings, folder: StateFolder, *, simulated: bool) -> Store:
    """The cloud's database, not yet started."""
    if settings.store.url:
        from pileus.kernel.store.postgres import PostgresStore

        return PostgresStore(settings.store.url, prepare=prepare)
    durable = settings.store.durable and not simulated
    return SqliteStore(folder.database, durable=durable, prepare=prepare)


def make_parts(
    settings: CloudSettings, folder: StateFolder, store: Store, world: World, transport: Transport, node: str
) -> Parts:
    """The kernel's parts of one node."""
    signals = Signals()
    return Parts(
        state=folder.root,
        region=settings.region,
        policy=folder.policy,
        node=node,
        store=store,
        world=world,
        signals=signals,
        engine=Engine(store, world, signals, node=node),
        loops=Loops(world, signals),
        transport=transport,
    )


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

    async def start(self, *, url: str, admin_password: str, demo_password: str) -> None:
        """Make what a fresh cloud needs, then start operations and reconcilers."""
        async with self.parts.store.write() as tx:
            await self.identity.prepare(
                tx, admin_password=admin_password, demo_password=demo_password, url=url, services=self.services
            )
            await self.compute.prepare(tx)
        await self.image.start()
        await self.object_store.start()
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
