"""What must stay true of servers and hosts."""

from datetime import timedelta

from pileus.compute.reconcilers.audit import audit
from pileus.compute.reconcilers.orphans import Orphans
from pileus.compute.reconcilers.power import Power


def host_of(cloud, own):
    [host] = [h for h in cloud.fleet.hosts.values() if own in h.hypervisor._domains]
    return host


async def test_a_guest_that_dies_becomes_shutoff(api, cloud):
    own = (await api.make())["id"]
    power = Power(cloud.server_parts)
    assert await power.converge() == 0
    host_of(cloud, own).hypervisor.crash(own)
    assert len(await audit(cloud.server_parts)) == 1
    assert await power.converge() == 1
    shown = await api.show(own)
    assert (shown["status"], shown["OS-EXT-STS:power_state"]) == ("SHUTOFF", 6)
    stopped, *_others = (await api.call("GET", f"/servers/{own}/os-instance-actions")).json()["instanceActions"]
    assert (stopped["action"], stopped["user_id"], stopped["message"]) == ("stop", None, None)
    path = f"/servers/{own}/os-instance-actions/{stopped['request_id']}"
    [event] = (await api.call("GET", path, at="2.84", who="admin:p1")).json()["instanceAction"]["events"]
    assert (event["event"], event["result"]) == ("compute_stop", "Success")
    assert event["details"] == "the guest's process died"
    assert await power.converge() == 0
    assert await audit(cloud.server_parts) == []
    assert (await api.act(own, {"os-start": None})).status_code == 202
    await cloud.engine.idle()
    assert (await api.show(own))["status"] == "ACTIVE"


async def test_a_guest_that_dies_is_resumed_where_wanted(api, cloud):
    own = (await api.make())["id"]
    host_of(cloud, own).hypervisor.crash(own)
    assert await Power(cloud.server_parts, resume=True).converge() == 1
    await cloud.engine.idle()
    assert (await api.show(own))["status"] == "ACTIVE"


async def test_a_lost_definition_is_made_again(api, cloud):
    own = (await api.make())["id"]
    host = host_of(cloud, own)
    host.hypervisor.forget(own)
    assert await Power(cloud.server_parts).converge() == 1
    assert (await api.show(own))["status"] == "SHUTOFF"
    assert (await api.act(own, {"reboot": {"type": "HARD"}})).status_code == 202
    await cloud.engine.idle()
    assert (await api.show(own))["status"] == "ACTIVE"
    assert host_of(cloud, own) is host
    assert await audit(cloud.server_parts) == []


async def test_a_deletion_with_a_dead_host_is_finished_when_it_is_back(quick_store, tmp_path, client_of):
    from tests.api.compute.servers.conftest import Api
    from tests.doubles.cloud import compute_cloud

    from pileus.kernel.clock import SimulatedClock
    from pileus.kernel.world import World

    clock = SimulatedClock()
    cloud = await compute_cloud(quick_store, World(clock=clock), tmp_path)
    async with client_of(cloud.app) as client:
        api = Api(client, cloud)
        own = (await api.make())["id"]
        host = host_of(cloud, own)
        cloud.fleet.silence(host.name)
        await clock.advance(120)
        await cloud.pulse.converge()
        assert (await api.show(own, at="2.16", who="admin:p1"))["host_status"] == "UNKNOWN"
        assert (await api.call("DELETE", f"/servers/{own}")).status_code == 204
        await cloud.engine.idle()
        assert (await api.call("GET", f"/servers/{own}")).status_code == 404
        assert await audit(cloud.server_parts) == [f"host {host.name} does not answer"]
        cloud.fleet.wake(host.name)
        orphans = Orphans(cloud.server_parts, grace=timedelta(minutes=1))
        assert await orphans.converge() == 0
        assert await audit(cloud.server_parts) == [f"host {host.name} holds files of {own}, which no server claims"]
        await clock.advance(61)
        assert await orphans.converge() == 1
        assert await audit(cloud.server_parts) == []
        assert not await host.hypervisor.domains()


async def test_what_is_not_ours_is_left_alone(api, cloud):
    from pileus.host.hypervisor.spec import ServerSpec

    host = cloud.fleet.hosts["h1"]
    await host.hypervisor.spawn(ServerSpec(id="stranger", name="theirs", vcpus=1, memory_mib=1))
    orphans = Orphans(cloud.server_parts, grace=timedelta(0))
    await orphans.converge()
    assert await orphans.converge() == 0
    assert [d.id for d in await host.hypervisor.domains()] == ["stranger"]
    assert await audit(cloud.server_parts) == ["host h1 holds a domain of stranger, which no server claims"]
