"""An image service over HTTP in this process, and people to ask it."""

import pytest

from pileus.image.settings import ImageSettings
from pileus.image.wiring import wire
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals


class Tokens:
    """`role:project` is a token."""

    async def authenticate(self, token):
        role, _, project = token.partition(":")
        if not project:
            raise Unauthorized
        roles = {"admin": {"admin", "member", "reader"}, "member": {"member", "reader"}, "reader": {"reader"}}[role]
        return Caller(user_id="u", project_id=project, roles=frozenset(roles), is_admin=role == "admin")


@pytest.fixture
def settings():
    """The service's settings; a test module has its own by overriding this."""
    return ImageSettings(most_bytes=8 << 20)


@pytest.fixture
def identity():
    """What the service asks identity; a test module has its own by overriding this."""


@pytest.fixture
async def service(quick_store, world, tmp_path, settings, identity):
    signals = Signals()
    parts = Parts(
        state=tmp_path,
        region="R",
        policy=None,
        node="n",
        store=quick_store,
        world=world,
        signals=signals,
        engine=Engine(quick_store, world, signals, node="n"),
        loops=Loops(world, signals),
        transport=MemoryTransport(),
    )
    made = wire(parts, settings, identity)
    await made.start()
    return made


@pytest.fixture
async def api(service, quick_store, world, client_of):
    async with client_of(Application([service.api], quick_store, world, Tokens())) as client:
        client.headers.update({"X-Auth-Token": "member:p1", "Accept": "application/json"})
        yield client


@pytest.fixture
async def running(service):
    """The engine's runs go on by themselves; this waits until none is left."""
    yield service._parts.engine.idle
    await service._parts.engine.stop()
    await service.dealing.keeper.settle()
