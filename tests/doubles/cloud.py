"""A compute service over simulated hosts, with doubles for all that servers need of others."""

from types import SimpleNamespace

from tests.doubles.images import DoubleImages
from tests.doubles.neighbours import Near
from tests.doubles.network import DoubleNetwork
from tests.doubles.placement import DoublePlacement

from pileus.compute.errors import fault, invalid
from pileus.compute.pages.logic import neighbours
from pileus.compute.reconcilers.hosts import Hosts
from pileus.compute.rules import RULES
from pileus.compute.servers.around.fleet import Agents
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.wiring import make
from pileus.compute.versions import COMPUTE
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller, Unauthorized
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.simulated.hosts import Fleet


class Tokens:
    """Tokens are `role:project`; an administrator is `admin:project`."""

    async def authenticate(self, token):
        role, _, project = token.partition(":")
        if role not in {"admin", "member", "reader"}:
            raise Unauthorized
        implied = {"admin": {"admin", "member", "reader"}, "member": {"member", "reader"}, "reader": {"reader"}}[role]
        return Caller(user_id="u-" + role, project_id=project, roles=frozenset(implied), is_admin=role == "admin")


async def compute_cloud(store, world, tmp_path, *, hosts=("h1", "h2"), node="n1", probe=None, transport=None, **made):
    """The whole thing, with its hosts heard once."""
    signals = Signals()
    transport = transport or MemoryTransport()
    engine = Engine(store, world, signals, node=node, probe=probe)
    parts = Parts(
        state=tmp_path,
        region="RegionOne",
        policy=None,
        node=node,
        store=store,
        world=world,
        signals=signals,
        engine=engine,
        loops=Loops(world, signals),
        transport=transport,
    )
    fleet = made.get("fleet") or Fleet(transport, world)
    for name in hosts:
        if name not in fleet.hosts:
            fleet.add(name)
    network = made.get("network") or DoubleNetwork(world)
    images = made.get("images") or DoubleImages(world)
    near = made.get("near") or Near()
    server_parts = ServerParts(parts, network, images, DoublePlacement(), near.neighbours, Agents(transport))
    servers = make(server_parts)
    engine.register(*servers.kinds)
    service = Service(
        type="compute",
        name="nova",
        prefix="/compute",
        root="/v2.1",
        history=COMPUTE,
        fault=fault,
        invalid=invalid,
        page=neighbours,
        rules=RULES,
        request_headers=("X-Openstack-Request-Id", "X-Compute-Request-Id"),
        project_in_path=True,
    )
    service.add(*servers.resources)
    pulse = Hosts(server_parts, lambda: tuple(fleet.hosts))
    await pulse.converge()
    return SimpleNamespace(
        parts=parts,
        server_parts=server_parts,
        fleet=fleet,
        network=network,
        images=images,
        near=near,
        engine=engine,
        service=service,
        pulse=pulse,
        app=Application([service], store, world, Tokens()),
        transport=transport,
        servers=servers,
        store=store,
        world=world,
    )
