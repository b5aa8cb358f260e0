"""An object store of its own in this process, and clients of several people."""

from datetime import UTC, datetime

import pytest

from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import SimulatedClock
from pileus.kernel.ids import SystemIds
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.world import World
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.wiring import wire


class Tokens:
    """`role:project` is a token; the user's id is `user-of-<project>`."""

    async def authenticate(self, token):
        role, _, project = token.partition(":")
        if not project:
            raise Unauthorized
        return Caller(user_id=f"user-of-{project}", project_id=project, roles=frozenset({role}))


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC))


@pytest.fixture
def parts(quick_store, clock, tmp_path):
    world, signals = World(clock, SystemIds()), Signals()
    return Parts(
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


@pytest.fixture
def settings():
    """What the object store is to be like; a module has another one where it needs it."""
    return ObjectStoreSettings(most_bytes=8 << 20)


@pytest.fixture
async def service(parts, settings):
    made = wire(parts, settings, durable=False)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def root(service, parts, client_of):
    """A client without token, at the root of the port."""
    async with client_of(Application([service.api], parts.store, parts.world, Tokens())) as client:
        yield client


@pytest.fixture
async def api(root):
    """A member's client; its paths start at its own account."""
    root.base_url = "http://cloud/object-store/v1/AUTH_p1"
    root.headers["X-Auth-Token"] = "member:p1"
    return root


@pytest.fixture
async def container(api):
    """A container `c`."""
    answer = await api.put("/c")
    assert answer.status_code == 201
    return api
