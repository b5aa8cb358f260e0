"""The kernel's parts of one process, and the database below them.  Knows no service."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

import pileus
from pileus.cloud.folder import StateFolder
from pileus.cloud.settings import CloudSettings
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.protocol import Transport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.signals import Signals
from pileus.kernel.store import Store
from pileus.kernel.store.schema import bring_up_to_date
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World


def migrations() -> list[Path]:
    """The folders of migrations: the kernel's and one of each service that has any."""
    root = Path(pileus.__file__).parent
    return sorted(root.glob("*/migrations"))


def prepare(connection: Connection) -> None:
    """Bring a database's schema up to date."""
    bring_up_to_date(connection, migrations())


def as_it_is(connection: Connection) -> None:
    """Leave a database's schema to the process that serves the cloud."""


def open_store(
    settings: CloudSettings, folder: StateFolder, *, simulated: bool, prepare: Callable[[Connection], None] = prepare
) -> Store:
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
