"""What other services ask of the network service inside the process."""

import asyncio

import pytest

from pileus.kernel.api.errors import ApiError, BadRequest
from pileus.kernel.auth.caller import Caller
from pileus.network.errors import NetworkAmbiguous, PortInUse, SecurityGroupNotFound
from pileus.network.service import Network, PortRequest

ALICE = Caller(user_id="u", project_id="alice", roles=frozenset({"member", "reader"}))


@pytest.fixture
def write(parts):
    async def run(call, *arguments, **more):
        async with parts.store.write() as tx:
            return await call(tx, *arguments, **more)

    return run


@pytest.fixture
async def net(alice):
    made = await alice.make("network", name="n")
    await alice.make(
        "subnet",
        network_id=made["id"],
        cidr="10.0.0.0/24",
        dns_nameservers=["9.9.9.9"],
        host_routes=[{"destination": "1.0.0.0/8", "nexthop": "10.0.0.9"}],
    )
    return made


async def test_it_fulfils_its_protocol(network):
    for name in vars(Network):
        if not name.startswith("_"):
            assert hasattr(network, name), name


async def test_choosing_networks(alice, admin, network, write):
    assert await write(network.choose_networks, ALICE) == []
    shared = await admin.make("network", shared=True)
    assert await write(network.choose_networks, ALICE) == [shared["id"]]
    own = await alice.make("network")
    assert await write(network.choose_networks, ALICE) == [own["id"]]
    await alice.make("network")
    with pytest.raises(NetworkAmbiguous):
        await write(network.choose_networks, ALICE)


async def test_a_servers_ports(alice, network, write, net):
    kept = await alice.make("port", network_id=net["id"], security_groups=[])
    requests = [
        PortRequest(network_id=net["id"], fixed_ip="10.0.0.50", tag="nic1"),
        PortRequest(port_id=kept["id"]),
        PortRequest(),
    ]
    made = await write(network.claim_ports, ALICE, "server", "nova", requests)
    assert [p.created for p in made] == [True, False, True]
    assert made[0].addresses[0].address == "10.0.0.50"
    assert (made[0].network_name, made[0].mtu, made[0].tag) == ("n", 1442, "nic1")
    assert len(made[0].security_groups) == 1
    found = await write(network.ports, ["server", "other"])
    assert [p.id for p in found["server"]] == [p.id for p in made]
    assert found["other"] == []
    shown = (await alice.get(f"/ports/{made[0].id}"))["port"]
    assert (shown["device_id"], shown["device_owner"]) == ("server", "compute:nova")
    with pytest.raises(PortInUse):
        await write(network.claim_ports, ALICE, "another", "nova", [PortRequest(port_id=kept["id"])])
    await write(network.bind_port, made[0].id, "host-1")
    assert (await write(network.port_at, net["id"], "10.0.0.50")).host == "host-1"
    assert await write(network.port_at, net["id"], "10.0.0.51") in {None, *made}
    mac = [int(octet, 16) for octet in made[0].mac.split(":")]
    own = f"fe80::{mac[0] ^ 2:02x}{mac[1]:02x}:{mac[2]:02x}ff:fe{mac[3]:02x}:{mac[4]:02x}{mac[5]:02x}"
    assert (await write(network.port_at, net["id"], own)).id == made[0].id
    assert (await write(network.port_at, net["id"], f"{own}%eth0")).id == made[0].id
    assert await write(network.port_at, "another-network", own) is None
    await write(network.release_ports, "server", [made[2].id])
    await alice.get(f"/ports/{made[2].id}", 404)
    await write(network.release_ports, "server")
    await alice.get(f"/ports/{made[0].id}", 404)
    assert (await alice.get(f"/ports/{kept['id']}"))["port"]["device_id"] == ""


async def test_claims_fail_as_a_whole(alice, admin, network, write, net):
    await admin.put("/quotas/alice", {"quota": {"port": 1}})
    with pytest.raises(ApiError, match="Quota exceeded"):
        await write(network.claim_ports, ALICE, "server", "nova", [PortRequest(network_id=net["id"])] * 2)
    assert [p for p in await alice.list("ports") if p["device_id"] == "server"] == []
    bare = await alice.make("network")
    with pytest.raises(BadRequest, match="requires a subnet"):
        await write(network.claim_ports, ALICE, "server", "nova", [PortRequest(network_id=bare["id"])])
    with pytest.raises(SecurityGroupNotFound):
        await write(
            network.claim_ports, ALICE, "server", "nova", [PortRequest(network_id=net["id"], security_groups=("nope",))]
        )


async def test_subnets(network, write, net):
    (subnet,) = (await write(network.subnets, [net["id"]]))[net["id"]]
    assert (subnet.cidr, subnet.gateway, subnet.dns, subnet.routes) == (
        "10.0.0.0/24",
        "10.0.0.1",
        ("9.9.9.9",),
        (("1.0.0.0/8", "10.0.0.9"),),
    )


async def test_groups_of_a_server(alice, network, write, net):
    group = await alice.make("security_group", name="web", plural="security_groups")
    (port,) = await write(
        network.claim_ports, ALICE, "server", "nova", [PortRequest(network_id=net["id"], security_groups=("default",))]
    )
    await write(network.change_groups, ALICE, "server", add="web")
    groups = (await alice.get(f"/ports/{port.id}"))["port"]["security_groups"]
    assert group["id"] in groups
    assert len(groups) == 2
    names = await write(network.security_group_names, groups)
    assert sorted(names.values()) == ["default", "web"]
    await alice.delete(f"/security-groups/{group['id']}", 409)
    await write(network.change_groups, ALICE, "server", remove=group["id"])
    with pytest.raises(SecurityGroupNotFound):
        await write(network.change_groups, ALICE, "server", remove="web")
    assert {g["name"] for g in await write(network.security_groups, ALICE)} == {"default", "web"}


async def test_one_more_address_and_one_less(alice, network, write, net):
    await write(network.claim_ports, ALICE, "server", "nova", [PortRequest(network_id=net["id"])])
    await write(network.change_fixed_ip, ALICE, "server", network_id=net["id"])
    (now,) = (await write(network.ports, ["server"]))["server"]
    assert len(now.addresses) == 2
    await write(network.change_fixed_ip, ALICE, "server", remove=now.addresses[0].address)
    (now,) = (await write(network.ports, ["server"]))["server"]
    assert len(now.addresses) == 1
    with pytest.raises(BadRequest):
        await write(network.change_fixed_ip, ALICE, "server", remove="10.9.9.9")


async def test_waiting_gives_up_in_time(network, alice, net):
    port = await alice.make("port", network_id=net["id"])
    assert await network.wait_active([], 0)
    assert not await asyncio.wait_for(network.wait_active([port["id"]], 0.05), 2)
