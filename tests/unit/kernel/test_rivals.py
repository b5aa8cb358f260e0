"""Many who want the last of something at the same time: exactly as many get it as there is, in every database."""

import asyncio

import pytest
from sqlalchemy import func, select
from tests.api.compute.servers.conftest import Api
from tests.doubles.cloud import compute_cloud

from pileus.compute.servers.table import SERVERS
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.signals import Signals
from pileus.kernel.store.database import retrying
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.service import DoesNotFit, Inventory
from pileus.placement.wiring import wire


async def test_claims(store, world, tmp_path):
    signals = Signals()
    placement = wire(
        Parts(
            state=tmp_path,
            region="RegionOne",
            policy=None,
            node="n",
            store=store,
            world=world,
            signals=signals,
            engine=Engine(store, world, signals, node="n"),
            loops=Loops(world, signals),
            transport=MemoryTransport(),
        )
    )
    provider = world.ids.uuid()
    async with store.write() as tx:
        await placement.keep_provider(tx, provider, "host", {"VCPU": Inventory(total=8)}, frozenset())

    async def claim():
        consumer, wanted = world.ids.uuid(), {provider: {"VCPU": 3}}
        await retrying(store, lambda tx: placement.claim(tx, consumer, wanted, project_id="p", user_id="u"))

    results = await asyncio.gather(*[claim() for _ in range(8)], return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [DoesNotFit] * 6
    async with store.read() as tx:
        assert await tx.scalar(select(func.sum(ALLOCATIONS.c.used))) == 6


@pytest.fixture
async def cloud(store, world, tmp_path):
    made = await compute_cloud(store, world, tmp_path)
    yield made
    await made.engine.stop()


async def test_servers_within_a_quota(cloud, client_of):
    """Ten servers are allowed: of fourteen that are asked for at once ten are made, and every one becomes active."""
    async with client_of(cloud.app) as client:
        api = Api(client, cloud)
        answers = await asyncio.gather(*[api.post() for _ in range(14)])
        assert sorted(answer.status_code for answer in answers) == [202] * 10 + [403] * 4
        await cloud.engine.idle()
    async with cloud.store.read() as tx:
        rows = await tx.all(select(SERVERS.c.vm_state))
    assert [row["vm_state"] for row in rows] == ["active"] * 10
