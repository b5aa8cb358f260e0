"""One worker: serves objects on a listener of their own.  Started and ended by the process that serves the cloud.

It knows who a token belongs to as that process does: identity's own code over the same database, looked at with each
request, so that a revocation counts at once.  It imports no more than that and the object store.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop

from pileus.cloud import serving
from pileus.cloud.folder import StateFolder
from pileus.cloud.foundation.parts import as_it_is, make_parts, open_store
from pileus.cloud.settings import CloudSettings
from pileus.identity.wiring import wire as wire_identity
from pileus.kernel import log
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.serving.server import Application
from pileus.kernel.settings import load
from pileus.kernel.world import World
from pileus.object_store.wiring import wire as wire_object_store

NICE = 5
"""How much a worker stands back behind the control plane when both want the processor."""


class Worker:
    """One life of a worker.

    Args:
        address, port: where it listens, beside others.
        public_url: what links to its listener start with.
        identity_url: where tokens are to be had.
    """

    def __init__(self, folder: StateFolder, address: str, port: int, public_url: str, identity_url: str) -> None:
        self._folder = folder
        self._address, self._port = address, port
        self._public_url, self._identity_url = public_url, identity_url

    async def run(self) -> None:
        """Serve until SIGTERM, or until the process that started it is no more."""
        settings = load(CloudSettings, self._folder.settings if self._folder.settings.exists() else None)
        log.configure(json_lines=settings.log.json, level=settings.log.level)
        world, simulated = World(), not self._folder.is_real()
        store = open_store(settings, self._folder, simulated=simulated, prepare=as_it_is)
        await store.start()
        parts = make_parts(settings, self._folder, store, world, MemoryTransport(), "worker")
        identity = wire_identity(parts, settings.identity, follows=True)
        objects = wire_object_store(
            parts,
            settings.object_store,
            durable=settings.store.durable and not simulated,
            signer=identity.signer,
        )
        await objects.start(self._identity_url.removesuffix("/identity"))
        application = Application(
            objects.services,
            store,
            world,
            identity,
            public_url=self._public_url,
            root=objects.at_root,
            identity_url=self._identity_url,
        )
        await _watch_parent()

        async def started() -> None:
            os.write(1, b"\n")

        try:
            await serving.serve(application, self._address, self._port, started, world.clock)
        finally:
            await objects.stop()
            await store.stop()


async def _watch_parent() -> None:
    """End when standard input does: the parent has the other end, and whatever ends it closes that."""

    class Ending(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.get_running_loop().connect_read_pipe(Ending, os.fdopen(0, "rb", buffering=0))


def main(arguments: list[str]) -> None:
    """Run a worker: the state folder, address, port, and the two addresses for links."""
    root, address, port, public_url, identity_url = arguments
    os.nice(NICE)
    uvloop.run(Worker(StateFolder(Path(root)), address, int(port), public_url, identity_url).run())


if __name__ == "__main__":
    main(sys.argv[1:])
