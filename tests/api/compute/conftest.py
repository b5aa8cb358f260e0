"""Compute in this process, with a stand-in for identity; clients of an administrator and of two projects."""

from pathlib import Path

import pytest

from pileus.compute.flavors.logic import prepare
from pileus.compute.hypervisors.table import NODES
from pileus.compute.servers.table import SERVERS
from pileus.compute.services.logic import heard
from pileus.compute.services.table import SERVICES
from pileus.compute.settings import ComputeSettings
from pileus.compute.wiring import add_catalogs, add_machinery, add_relics, declare
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.network.settings import NetworkSettings
from pileus.network.wiring import wire as wire_network
from pileus.simulated.network import SimulatedNetwork

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


class Placement:
    """Remembers which providers were removed."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def remove_provider(self, tx, id: str) -> None:
        self.removed.append(id)


@pytest.fixture
def placement() -> Placement:
    return Placement()


@pytest.fixture
def network(parts):
    """A network service over simulated hosts."""
    return wire_network(parts, NetworkSettings(), SimulatedNetwork(("h1",)))


@pytest.fixture
async def application(parts, placement, network):
    api = declare(parts)
    add_catalogs(api, Identity())
    add_machinery(api, ComputeSettings(), placement)
    add_relics(api, network.proxied)
    async with parts.store.write() as tx:
        await prepare(tx, parts.world)
    return Application([api, network.api], parts.store, parts.world, Identity())


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


@pytest.fixture
def server(parts):
    """Makes a row of a server that runs."""

    async def make(host=None, project_id=PROJECT, user_id="user1", vcpus=2, memory_mib=512, root_gib=3, name="s"):
        now = parts.world.clock.now()
        row = {
            "id": parts.world.ids.uuid(),
            "number": 1,
            "name": name,
            "hostname": name,
            "project_id": project_id,
            "user_id": user_id,
            "created_at": now,
            "updated_at": now,
            "launched_at": now,
            "vm_state": "active",
            "host": host,
            "vcpus": vcpus,
            "memory_mib": memory_mib,
            "root_gib": root_gib,
            "flavor_id": "1",
            "flavor": {"name": "m1.tiny"},
            "image": {},
            "metadata": {},
            "config_drive": False,
            "disk_config": "AUTO",
            "reservation_id": "r-1",
            "devices": {},
        }
        async with parts.store.write() as tx:
            await tx.insert(SERVERS, row)
        return row["id"]

    return make


@pytest.fixture
def host(parts):
    """Makes a host with a service and a hypervisor; returns their UUIDs."""

    async def make(name="h1"):
        now, ids = parts.world.clock.now(), parts.world.ids
        node = {
            "uuid": ids.uuid(),
            "host": name,
            "hypervisor_hostname": f"{name}.example.org",
            "hypervisor_type": "QEMU",
            "hypervisor_version": 7002004,
            "host_ip": "192.0.2.1",
            "vcpus": 8,
            "memory_mb": 16000,
            "local_gb": 100,
            "reserved_memory_mb": 512,
            "cpu_info": {"arch": "x86_64"},
            "created_at": now,
        }
        async with parts.store.write() as tx:
            await heard(tx, parts.world, name)
            await tx.insert(NODES, node)
            service = await tx.first(SERVICES.select().where(SERVICES.c.host == name))
        return service["uuid"], node["uuid"]

    return make
