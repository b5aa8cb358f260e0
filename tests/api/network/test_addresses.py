"""Subnets, pools and the addresses handed out of them; races for the last one."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest


@pytest.fixture
async def net(alice):
    return await alice.make("network", name="n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"cidr": "10.0.0.1/24"}, "isn't a recognized IP subnet cidr, '10.0.0.0/24' is recommended"),
        ({"cidr": "10.0.0.0"}, "cidr"),
        ({"cidr": "0.0.0.0/0"}, "0 is not allowed as CIDR prefix length"),
        ({"cidr": "10.0.0.0/24", "ip_version": 6}, "does not match the ip_version"),
        ({"cidr": "10.0.0.0/24", "ip_version": 5}, "ip_version"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.0"}, "Gateway is not valid on subnet"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.255"}, "Gateway is not valid on subnet"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "fe80::1"}, "gateway_ip"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.9", "end": "10.0.0.5"}]}, "is not valid"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.1.5", "end": "10.0.1.9"}]}, "spans beyond"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "x", "end": "10.0.1.9"}]}, "allocation_pools"),
        ({"cidr": "10.0.0.0/24", "dns_nameservers": ["x"]}, "dns_nameservers"),
        ({"cidr": "10.0.0.0/24", "host_routes": [{"destination": "1.0.0.0/8"}]}, "host_routes"),
        ({"cidr": "10.0.0.0/24", "ipv6_ra_mode": "slaac"}, "not valid when ip_version is 4"),
        (
            {"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
            "same value",
        ),
        ({"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "enable_dhcp": False}, "enable_dhcp"),
        ({"cidr": "fd00::/80", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}, "/64"),
        ({"cidr": "10.0.0.0/24", "nonsense": 1}, "Unrecognized attribute(s) 'nonsense'"),
        ({"ip_version": 4}, "subnetpool must be specified"),
    ],
)
async def test_subnets_that_make_no_sense(alice, net, body, words):
    refused = await alice.make("subnet", 400, network_id=net["id"], **body)
    assert words in refused["message"], refused["message"]
    assert await alice.list("subnets") == []


async def test_pools_gateways_and_their_conflicts(alice, net):
    body = {"network_id": net["id"], "cidr": "10.0.0.0/24"}
    assert (
        await alice.make(
            "subnet", 409, **body, gateway_ip="10.0.0.5", allocation_pools=[{"start": "10.0.0.2", "end": "10.0.0.9"}]
        )
    )["type"] == "GatewayConflictWithAllocationPools"
    overlapping = [{"start": "10.0.0.2", "end": "10.0.0.9"}, {"start": "10.0.0.9", "end": "10.0.0.20"}]
    assert (await alice.make("subnet", 409, **body, allocation_pools=overlapping))[
        "type"
    ] == "OverlappingAllocationPools"
    subnet = await alice.make("subnet", **body, gateway_ip="10.0.0.100")
    assert subnet["allocation_pools"] == [
        {"start": "10.0.0.1", "end": "10.0.0.99"},
        {"start": "10.0.0.101", "end": "10.0.0.254"},
    ]
    other = await alice.make("network")
    none = await alice.make("subnet", network_id=other["id"], cidr="10.0.0.0/24", gateway_ip=None)
    assert none["gateway_ip"] is None
    path = f"/subnets/{none['id']}"
    changed = await alice.put(
        path,
        {
            "subnet": {
                "allocation_pools": [{"start": "10.0.0.5", "end": "10.0.0.6"}],
                "gateway_ip": "10.0.0.1",
                "dns_nameservers": ["9.9.9.9"],
                "host_routes": [{"destination": "1.0.0.0/8", "nexthop": "10.0.0.9"}],
            }
        },
    )
    assert changed["subnet"]["gateway_ip"] == "10.0.0.1"
    assert changed["subnet"]["dns_nameservers"] == ["9.9.9.9"]
    await alice.put(path, {"subnet": {"cidr": "10.0.0.0/25"}}, 400)


async def test_n_ports_at_once_get_exactly_what_fits(alice, net):
    await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/29", enable_dhcp=False)
    tries = [
        alice.http.post(
            "/networking/v2.0/ports", json={"port": {"network_id": net["id"]}}, headers={"X-Auth-Token": alice.token}
        )
        for _ in range(12)
    ]
    answers = await asyncio.gather(*tries)
    made = [a.json()["port"]["fixed_ips"][0]["ip_address"] for a in answers if a.status_code == 201]
    refused = [a.json()["NeutronError"]["type"] for a in answers if a.status_code == 409]
    assert sorted(made) == [f"10.0.0.{n}" for n in range(2, 7)]
    assert refused == ["IpAddressGenerationFailure"] * 7
    ports = await alice.list("ports")
    assert len(ports) == 5
    await alice.delete(f"/ports/{ports[0]['id']}")
    again = await alice.make("port", network_id=net["id"])
    assert again["fixed_ips"] == ports[0]["fixed_ips"]


async def test_addresses_asked_for(alice, net):
    subnet = await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/24")
    port = await alice.make(
        "port", network_id=net["id"], fixed_ips=[{"ip_address": "10.0.0.77"}, {"subnet_id": subnet["id"]}]
    )
    assert port["fixed_ips"][0] == {"subnet_id": subnet["id"], "ip_address": "10.0.0.77"}
    assert len(port["fixed_ips"]) == 2
    twice = await alice.make("port", 409, network_id=net["id"], fixed_ips=[{"ip_address": "10.0.0.77"}])
    assert twice["type"] == "IpAddressAlreadyAllocated"
    for bad in (
        [{"ip_address": "10.0.1.7"}],
        [{"ip_address": "10.0.0.255"}],
        [{"subnet_id": net["id"]}],
        [{}],
        [{"ip_address": "x"}],
        [{"ip_address": 7}],
        {"ip_address": "10.0.0.9"},
        [{"ip_address": "10.0.0.9", "nope": 1}],
    ):
        await alice.make("port", 400, network_id=net["id"], fixed_ips=bad)
    path = f"/ports/{port['id']}"
    changed = (
        await alice.put(path, {"port": {"fixed_ips": [{"ip_address": "10.0.0.78", "subnet_id": subnet["id"]}]}})
    )["port"]
    assert [f["ip_address"] for f in changed["fixed_ips"]] == ["10.0.0.78"]
    kept = (await alice.put(path, {"port": {"fixed_ips": [{"subnet_id": subnet["id"]}, {"subnet_id": subnet["id"]}]}}))[
        "port"
    ]["fixed_ips"]
    assert len(kept) == 2
    assert "10.0.0.78" in {f["ip_address"] for f in kept}
    assert (await alice.get(path))["port"]["fixed_ips"] == kept
    free = await alice.make("port", network_id=net["id"], fixed_ips=[])
    assert free["fixed_ips"] == []


async def test_macs(alice, net):
    mac = "fa:16:3e:00:00:01"
    await alice.make("port", network_id=net["id"], mac_address=mac.upper())
    assert (await alice.make("port", 409, network_id=net["id"], mac_address=mac))["type"] == "MacAddressInUse"
    other = await alice.make("network")
    await alice.make("port", network_id=other["id"], mac_address=mac)
    await alice.make("port", 400, network_id=net["id"], mac_address="nonsense")
    assert len(await alice.list("ports", mac_address=mac.upper())) == 2


async def test_addresses_that_follow_from_the_mac(alice, net):
    before = await alice.make("port", network_id=net["id"], mac_address="fa:16:3e:00:00:02")
    v6 = await alice.make(
        "subnet",
        network_id=net["id"],
        cidr="fd00:1::/64",
        ip_version=6,
        ipv6_ra_mode="slaac",
        ipv6_address_mode="slaac",
    )
    assert (await alice.get(f"/ports/{before['id']}"))["port"]["fixed_ips"] == [
        {"subnet_id": v6["id"], "ip_address": "fd00:1::f816:3eff:fe00:2"}
    ]
    await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/24")
    port = await alice.make("port", network_id=net["id"], mac_address="fa:16:3e:00:00:01")
    assert [f["ip_address"] for f in port["fixed_ips"]][1] == "fd00:1::f816:3eff:fe00:1"
    refused = await alice.make("port", 400, network_id=net["id"], fixed_ips=[{"ip_address": "fd00:1::5"}])
    assert "automatic addresses" in refused["message"]
    await alice.delete(f"/subnets/{v6['id']}")
    assert len((await alice.get(f"/ports/{port['id']}"))["port"]["fixed_ips"]) == 1


async def test_a_wide_v6_subnet(alice, net):
    subnet = await alice.make("subnet", network_id=net["id"], cidr="2001:db8::/64", ip_version=6, enable_dhcp=False)
    assert subnet["allocation_pools"] == [{"start": "2001:db8::2", "end": "2001:db8::ffff:ffff:ffff:ffff"}]
    port = await alice.make("port", network_id=net["id"])
    assert ip_address(port["fixed_ips"][0]["ip_address"]) in ip_network("2001:db8::/64")


async def test_subnet_pools_and_scopes(alice, admin, bob, net):
    scope = await alice.make("address_scope", ip_version=4, name="s")
    pool = await alice.make(
        "subnetpool",
        name="p",
        prefixes=["10.10.0.0/24", "10.20.0.0/24"],
        default_prefixlen=25,
        min_prefixlen=25,
        address_scope_id=scope["id"],
    )
    assert pool["ip_version"] == 4
    other = await alice.make("network")
    cut = [
        (await alice.make("subnet", network_id=other["id"], subnetpool_id=pool["id"], ip_version=4))["cidr"]
        for _ in range(4)
    ]
    assert cut == ["10.10.0.0/25", "10.10.0.128/25", "10.20.0.0/25", "10.20.0.128/25"]
    full = await alice.make("subnet", 400, network_id=net["id"], subnetpool_id=pool["id"], ip_version=4)
    assert full["type"] == "SubnetAllocationError"
    assert (await alice.get(f"/networks/{other['id']}"))["network"]["ipv4_address_scope"] == scope["id"]
    await alice.delete(f"/subnetpools/{pool['id']}", 409)
    await alice.delete(f"/address-scopes/{scope['id']}", 409)
    await alice.make("subnet", 400, network_id=net["id"], subnetpool_id=pool["id"], prefixlen=8)
    await alice.make("subnet", 400, network_id=net["id"], subnetpool_id=pool["id"], cidr="10.10.0.0/25")
    await bob.make("network")
    await bob.get(f"/subnetpools/{pool['id']}", 404)
    await alice.put(f"/subnetpools/{pool['id']}", {"subnetpool": {"prefixes": ["10.10.0.0/23"]}}, 400)
    grown = {"subnetpool": {"prefixes": ["10.10.0.0/23", "10.20.0.0/24"], "name": "q"}}
    assert (await alice.put(f"/subnetpools/{pool['id']}", grown))["subnetpool"]["prefixes"] == [
        "10.10.0.0/23",
        "10.20.0.0/24",
    ]
    assert (await alice.make("subnet", network_id=net["id"], subnetpool_id=pool["id"]))[
        "cidr"
    ] == "10.11.0.0/25".replace("11", "10").replace(".0.0/", ".1.0/")
    await alice.make("subnetpool", 403, prefixes=["10.0.0.0/8"], shared=True)
    await alice.make("subnetpool", 400, prefixes=["10.0.0.0/8", "fd00::/8"])
    await alice.make("subnetpool", 400, prefixes=["10.0.0.0/8"], min_prefixlen=20, max_prefixlen=10)
    usual = await admin.make(
        "subnetpool", prefixes=["10.50.0.0/16"], is_default=True, shared=True, default_prefixlen=24
    )
    assert (await alice.make("subnet", network_id=net["id"], use_default_subnetpool=True, ip_version=4))[
        "subnetpool_id"
    ] == usual["id"]


async def test_address_use(alice, admin, net):
    await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/29")
    await alice.make("port", network_id=net["id"])
    await alice.get("/network-ip-availabilities", 403)
    found = (await admin.get(f"/network-ip-availabilities/{net['id']}"))["network_ip_availability"]
    assert (found["total_ips"], found["used_ips"]) == (5, 2)


async def test_the_services_own_port_takes_the_lowest_address(alice, net):
    await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/24")
    (own,) = await alice.list("ports", device_owner="network:distributed")
    assert own["fixed_ips"][0]["ip_address"] == "10.0.0.2"
