"""Compute's API in this process, with a stand-in for identity; one client each for an administrator and two projects."""

from pathlib import Path

import pytest

from pileus.compute.flavors.logic import prepare
from pileus.compute.wiring import add_catalogs, declare
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals

ADMIN_PROJECT, PROJECT, OTHER = "a" * 32, "b" * 32, "c" * 32


class Identity:
    """Tokens are `role:user:project`; three projects exist."""

    async def authenticate(self, token: str) -> Caller:
        try:
            role, user, project = token.split(":")
        except ValueError:
            raise Unauthorized from None
        roles = {"reader": {"reader"}, "member": {"reader", "member"}, "admin": {"reader", "member", "admin"}}[role]
        return Caller(user_id=user, project_id=project, roles=frozenset(roles), is_admin=role == "admin")

    async def project_exists(self, tx, project_id: str) -> bool:
        return project_id in {ADMIN_PROJECT, PROJECT, OTHER}


@pytest.fixture
def parts(quick_store, world, tmp_path: Path) -> Parts:
    signals = Signals()
    return Parts(
        state=tmp_path,
        region="RegionOne",
        policy=None,
        node="n1",
        store=quick_store,
        world=world,
        signals=signals,
        engine=Engine(quick_store, world, signals, node="n1"),
        loops=Loops(world, signals),
        transport=MemoryTransport(),
    )


@pytest.fixture
async def application(parts):
    api = declare(parts)
    add_catalogs(api, Identity())
    async with parts.store.write() as tx:
        await prepare(tx, parts.world)
    return Application([api], parts.store, parts.world, Identity())


def client(application, client_of, token: str):
    made = client_of(application, **{"X-Auth-Token": token})
    made.base_url = "http://cloud/compute/v2.1"
    return made


@pytest.fixture
async def admin(application, client_of):
    async with client(application, client_of, f"admin:boss:{ADMIN_PROJECT}") as made:
        yield made


@pytest.fixture
async def member(application, client_of):
    async with client(application, client_of, f"member:user1:{PROJECT}") as made:
        yield made


@pytest.fixture
async def other(application, client_of):
    async with client(application, client_of, f"member:user2:{OTHER}") as made:
        yield made


@pytest.fixture
async def stranger(application, client_of):
    async with client_of(application) as made:
        yield made


@pytest.fixture
def at():
    """The header that asks for a microversion."""
    return lambda version: {"X-OpenStack-Nova-API-Version": version}
