"""Every durable operation on servers under the harness."""

import contextlib

import httpx
import pytest
from sqlalchemy import select
from tests.api.compute.servers.conftest import Api
from tests.doubles.cloud import compute_cloud
from tests.doubles.network import PORTS
from tests.failure.harness import Scenario, run, torment

from pileus.compute.reconcilers.audit import audit
from pileus.compute.servers.operations.power import ACTIONS
from pileus.compute.servers.table import SERVERS
from pileus.kernel.store import METADATA
from pileus.kernel.store.sqlite import SqliteStore

STABLE = {"active", "stopped", "paused", "suspended", "error"}


class Clouds:
    """Makes clouds, and second processes over what the first left."""

    def __init__(self, world, tmp_path):
        self.world, self.tmp_path = world, tmp_path
        self.stack = contextlib.AsyncExitStack()

    async def build(self, probe):
        store = SqliteStore(None, durable=False, prepare=METADATA.create_all)
        await store.start()
        self.stack.push_async_callback(store.stop)
        cloud = await compute_cloud(store, self.world, self.tmp_path, probe=probe)
        transport = httpx.ASGITransport(cloud.app)
        client = await self.stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://cloud"))
        cloud.api = Api(client, cloud)
        return cloud

    async def again(self, cloud):
        kept = {"fleet": cloud.fleet, "network": cloud.network, "images": cloud.images, "near": cloud.near}
        made = await compute_cloud(cloud.store, self.world, self.tmp_path, transport=cloud.transport, **kept)
        made.api = cloud.api
        return made


@pytest.fixture
async def clouds(world, tmp_path):
    made = Clouds(world, tmp_path)
    async with made.stack:
        yield made


async def rows_of(cloud):
    async with cloud.store.read() as tx:
        return (
            await tx.all(select(SERVERS)),
            await tx.all(select(PORTS)),
            await cloud.server_parts.placement.consumers(tx),
        )


async def check(cloud, _prepared, failed):
    """Every server is whole, or in ERROR and nowhere; nothing is left of those that are gone."""
    assert await audit(cloud.server_parts) == []
    servers, ports, consumers = await rows_of(cloud)
    held = {
        server_id
        for host in cloud.fleet.hosts.values()
        for server_id in [*host.hypervisor._domains, *host.disks.guests]
    }
    assert held == {row["id"] for row in servers if row["host"]}
    assert set(consumers) == {row["id"] for row in servers if row["host"]}
    assert {port["device_id"] for port in ports if port["created"]} <= {row["id"] for row in servers if row["host"]}
    for row in servers:
        assert row["vm_state"] in STABLE
        assert row["task_state"] is None
        if row["vm_state"] == "error":
            assert row["fault"]["message"]


async def make(cloud):
    answer = await cloud.api.post()
    assert answer.status_code == 202, answer.text
    await cloud.engine.idle()
    return answer.json()["server"]["id"]


async def test_create(clouds):
    async def prepare(cloud):
        return None

    async def begin(cloud, _prepared):
        assert (await cloud.api.post()).status_code == 202

    async def checked(cloud, prepared, failed):
        await check(cloud, prepared, failed)
        [[row], _ports, _consumers] = await rows_of(cloud)
        assert row["vm_state"] == ("error" if failed else "active")
        if failed:
            assert "was made to fail" in row["fault"]["message"]

    scenario = Scenario("server.create", clouds.build, prepare, begin, checked, clouds.again)
    assert await torment(scenario, steps=6) > 50


async def test_delete(clouds):
    async def begin(cloud, server_id):
        assert (await cloud.api.call("DELETE", f"/servers/{server_id}")).status_code == 204

    async def checked(cloud, server_id, failed):
        servers, ports, consumers = await rows_of(cloud)
        if failed:
            [row] = servers
            assert (row["vm_state"], row["task_state"]) == ("error", None)
            assert (await cloud.api.call("DELETE", f"/servers/{server_id}")).status_code == 204
            cloud.engine._kinds["server.delete"] = cloud.engine._kinds["server.delete"]._kind
            cloud.api.cloud.engine = cloud.engine
            await cloud.engine.idle()
            servers, ports, consumers = await rows_of(cloud)
        assert (servers, ports, consumers) == ([], [], {})
        await check(cloud, server_id, failed)

    await torment(Scenario("server.delete", clouds.build, make, begin, checked, clouds.again), steps=1)


async def test_delete_that_cuts_a_creation_off(clouds):
    """A deletion begun after each write of the creation leaves nothing."""

    async def prepare(cloud):
        return (await cloud.api.post()).json()["server"]["id"]

    async def begin(cloud, server_id):
        assert (await cloud.api.call("DELETE", f"/servers/{server_id}")).status_code == 204

    async def checked(cloud, server_id, failed):
        assert await rows_of(cloud) == ([], [], {})
        await check(cloud, server_id, failed)

    scenario = Scenario("server.delete", clouds.build, prepare, begin, checked, clouds.again)
    points = await run(scenario)
    for die_at in range(len(points.seen)):
        await run(scenario, None, die_at)


FIRST = {"start": {"os-stop": None}, "unpause": {"pause": None}, "resume": {"suspend": None}}
BODIES = {
    "start": {"os-start": None}, "stop": {"os-stop": None}, "reboot": {"reboot": {"type": "SOFT"}},
    "reboot_hard": {"reboot": {"type": "HARD"}}, "pause": {"pause": None}, "unpause": {"unpause": None},
    "suspend": {"suspend": None}, "resume": {"resume": None},
}  # fmt: skip


@pytest.mark.parametrize("verb", sorted(ACTIONS))
async def test_power(clouds, verb):
    async def prepare(cloud):
        server_id = await make(cloud)
        if verb in FIRST:
            assert (await cloud.api.act(server_id, FIRST[verb])).status_code == 202
            await cloud.engine.idle()
        return server_id

    async def begin(cloud, server_id):
        assert (await cloud.api.act(server_id, BODIES[verb])).status_code == 202

    async def checked(cloud, server_id, failed):
        from pileus.compute.reconcilers.power import Power

        if failed:  # a step that failed after it took effect: the reconciler brings the row to the truth
            await Power(cloud.server_parts).converge()
        if failed and verb == "reboot_hard":
            [[row], _ports, _consumers] = await rows_of(cloud)
            assert row["vm_state"] == "error"
        await check(cloud, server_id, failed)

    await torment(Scenario(f"server.{verb}", clouds.build, prepare, begin, checked, clouds.again), steps=1)


def plugged(cloud, server_id):
    return [
        nic.port_id
        for host in cloud.fleet.hosts.values()
        for r in host.hypervisor._domains.values()
        for nic in r.spec.nics
    ]


async def test_attach_interface(clouds):
    async def begin(cloud, server_id):
        body = {"interfaceAttachment": {}}
        assert (await cloud.api.call("POST", f"/servers/{server_id}/os-interface", body)).status_code == 200

    async def checked(cloud, server_id, failed):
        await check(cloud, server_id, failed)
        _servers, ports, _consumers = await rows_of(cloud)
        assert sorted(plugged(cloud, server_id)) == sorted(port["id"] for port in ports)
        assert len(ports) == (1 if failed else 2)

    await torment(Scenario("server.attach_interface", clouds.build, make, begin, checked, clouds.again), steps=2)


async def test_detach_interface(clouds):
    async def begin(cloud, server_id):
        [port] = plugged(cloud, server_id)
        assert (await cloud.api.call("DELETE", f"/servers/{server_id}/os-interface/{port}")).status_code == 202

    async def checked(cloud, server_id, failed):
        await check(cloud, server_id, failed)
        _servers, ports, _consumers = await rows_of(cloud)
        if not failed:
            assert (ports, plugged(cloud, server_id)) == ([], [])

    await torment(Scenario("server.detach_interface", clouds.build, make, begin, checked, clouds.again), steps=1)


async def test_a_host_that_loses_answers(clouds):
    """Each call of the host fails once, before and after it took effect; the server is whole or in ERROR."""
    from pileus.host.hypervisor.errors import HypervisorFailed

    for call in ("spawn", "fetch", "prepare"):
        for when in ("before", "after"):
            cloud = await clouds.build(lambda _point: None)
            for host in cloud.fleet.hosts.values():
                host.faults.fail(call, lambda: HypervisorFailed("planned"), when=when)
            await cloud.api.post()
            await cloud.engine.idle()
            await check(cloud, None, True)
            [[row], ports, consumers] = await rows_of(cloud)
            assert (row["vm_state"], ports, consumers) == ("error", [], {})
            await cloud.engine.stop()
