"""What is told to the backend, and what comes back from it."""

import asyncio

import pytest

from pileus.network.backend.protocol import BackendRefusedError, BackendUnavailableError
from pileus.network.backend.wanted import Kind, Ref
from pileus.network.networks.table import NETWORKS
from pileus.network.reconcilers.wanted import digested


@pytest.fixture
async def loops(network, parts):
    yield parts.loops
    await network.close()


async def settle(loops, rounds=3):
    for _ in range(rounds):
        await loops.once()
        await asyncio.sleep(0)


async def world_of(alice, admin):
    outside = await admin.make(
        "network",
        name="public",
        **{"router:external": True, "provider:network_type": "flat", "provider:physical_network": "public"},
    )
    await admin.make("subnet", network_id=outside["id"], cidr="172.24.4.0/24", enable_dhcp=False)
    net = await alice.make("network", name="n")
    subnet = await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/24", ip_version=4)
    router = await alice.make("router", external_gateway_info={"network_id": outside["id"]})
    leg = await alice.put(f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    port = await alice.make("port", network_id=net["id"])
    floating = await alice.make("floatingip", floating_network_id=outside["id"], port_id=port["id"])
    return {
        "outside": outside,
        "network": net,
        "subnet": subnet,
        "router": router,
        "leg": leg,
        "port": port,
        "floating": floating,
    }


async def agree(parts, backend, network):
    """Whether backend and database say the same, by the service's own measure and by name."""
    from pileus.network.reconcilers.wanted import WantedState
    from pileus.network.settings import NetworkSettings

    state = WantedState(NetworkSettings())
    async with parts.store.read() as tx:
        refs = await state.all_refs(tx)
        wanted = await state.of(tx, refs, ("host-1", "host-2"))
    have = await backend.inventory()
    assert have == {ref: each.revision for ref, each in wanted.items()}
    return wanted


async def test_everything_reaches_the_backend(alice, admin, loops, parts, backend, network):
    made = await world_of(alice, admin)
    await settle(loops)
    wanted = await agree(parts, backend, network)
    router = wanted[Ref(Kind.ROUTER, made["router"]["id"])]
    assert [a.cidr for i in router.interfaces for a in i.addresses] == ["10.0.0.1/24"]
    assert router.gateway.next_hops == ("172.24.4.1",)
    assert router.gateway.snat_prefixes == ("10.0.0.0/24",)
    assert sorted(router.gateway_chassis) == ["host-1", "host-2"]
    assert wanted[Ref(Kind.NETWORK, made["network"]["id"])].mtu == 1442
    assert backend.floating_target(made["floating"]["floating_ip_address"]) == made["port"]["id"]
    leg = (await alice.get(f"/ports/{made['leg']['port_id']}"))["port"]
    assert leg["status"] == "ACTIVE"
    # and back again
    await alice.put(f"/floatingips/{made['floating']['id']}", {"floatingip": {"port_id": None}})
    await settle(loops)
    await agree(parts, backend, network)
    assert backend.floating_target(made["floating"]["floating_ip_address"]) is None
    await alice.delete(f"/floatingips/{made['floating']['id']}")
    await alice.put(f"/routers/{made['router']['id']}/remove_router_interface", {"subnet_id": made["subnet"]["id"]})
    await alice.delete(f"/routers/{made['router']['id']}")
    await alice.delete(f"/ports/{made['port']['id']}")
    await alice.delete(f"/networks/{made['network']['id']}")
    await admin.delete(f"/networks/{made['outside']['id']}")
    await settle(loops)
    wanted = await agree(parts, backend, network)
    assert {ref.kind for ref in wanted} <= {Kind.SECURITY_GROUP}


async def test_status_follows_the_backend(alice, admin, loops, parts, backend, network):
    made = await world_of(alice, admin)
    port = made["port"]["id"]
    await settle(loops)
    async with parts.store.write() as tx:
        await network.bind_port(tx, port, "host-1")
    await settle(loops)
    assert not await network.wait_active([port], 0)
    backend.plug(port, "host-1")
    await settle(loops)
    assert await network.wait_active([port], 0)
    assert (await alice.get(f"/ports/{port}"))["port"]["status"] == "ACTIVE"
    assert (await admin.get(f"/ports/{port}"))["port"]["binding:vif_type"] == "ovs"
    assert (await alice.get(f"/floatingips/{made['floating']['id']}"))["floatingip"]["status"] == "ACTIVE"
    backend.unplug(port)
    await settle(loops)
    assert (await alice.get(f"/ports/{port}"))["port"]["status"] == "DOWN"
    assert (await alice.get(f"/floatingips/{made['floating']['id']}"))["floatingip"]["status"] == "DOWN"


async def test_waiting_for_a_port_ends_when_it_comes_up(alice, loops, parts, backend, network):
    net = await alice.make("network")
    port = (await alice.make("port", network_id=net["id"]))["id"]
    await loops.start()
    try:
        waiting = asyncio.create_task(network.wait_active([port], 5))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        backend.plug(port, "host-1")
        assert await asyncio.wait_for(waiting, 2)
    finally:
        await loops.stop()


async def test_damage_is_found_by_comparison(alice, admin, loops, parts, backend, network):
    made = await world_of(alice, admin)
    await settle(loops)
    backend.damage(Ref(Kind.PORT, made["port"]["id"]))
    backend.lose(Ref(Kind.ROUTER, made["router"]["id"]))
    from pileus.network.backend.wanted import WantedNetwork

    await backend.apply([digested(WantedNetwork(id="stray", revision=0, mtu=1400))])
    loops._members[0]._compared_at = None
    await settle(loops)
    await agree(parts, backend, network)


async def test_a_backend_that_fails_loses_nothing(alice, loops, parts, backend, network):
    await settle(loops)
    net = await alice.make("network")
    await alice.make("port", network_id=net["id"])
    backend.fail_next(BackendUnavailableError("down"), times=2)
    with pytest.raises(BackendUnavailableError):
        await loops.once()
    backend._failures.clear()
    await settle(loops)
    await agree(parts, backend, network)


async def test_a_refused_object_does_not_keep_the_others_out(alice, loops, parts, backend, network):
    await settle(loops)
    first, second = await alice.make("network"), await alice.make("network")
    real = backend.apply

    async def picky(objects):
        if any(each.id == first["id"] for each in objects):
            raise BackendRefusedError("no")
        await real(objects)

    backend.apply = picky
    await settle(loops)
    assert Ref(Kind.NETWORK, second["id"]) in await backend.inventory()
    backend.apply = real
    loops._members[0]._compared_at = None
    await settle(loops)
    await agree(parts, backend, network)


async def test_an_audit_tells_what_the_backend_has_otherwise(alice, admin, loops, parts, backend, network):
    net = await alice.make("network", name="n")
    other = await alice.make("network", name="m")
    await settle(loops)
    assert await network.audit() == []
    backend.damage(Ref(Kind.NETWORK, net["id"]))
    assert await network.audit() == [f"{Ref(Kind.NETWORK, net['id'])} was changed in the network backend"]
    await backend.remove([Ref(Kind.NETWORK, net["id"])])
    assert await network.audit() == [f"{Ref(Kind.NETWORK, net['id'])} is not in the network backend"]
    async with parts.store.write() as tx:
        await tx.run(NETWORKS.delete().where(NETWORKS.c.id == net["id"]))
        await tx.run(NETWORKS.delete().where(NETWORKS.c.id == other["id"]))
    assert await network.audit() == [f"the network backend has {Ref(Kind.NETWORK, other['id'])}, which is no more"]
