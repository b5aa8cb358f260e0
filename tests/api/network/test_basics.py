"""Each resource through its life, as the official clients drive it."""

import pytest


async def test_network_life(alice):
    made = await alice.make("network", name="n", description="words")
    assert made["status"] == "ACTIVE"
    assert made["mtu"] == 1442
    assert made["subnets"] == []
    assert made["project_id"] == made["tenant_id"] == "alice"
    assert made["shared"] is False
    assert made["router:external"] is False
    assert "provider:network_type" not in made
    assert (await alice.get(f"/networks/{made['id']}"))["network"] == made
    changed = (await alice.put(f"/networks/{made['id']}", {"network": {"name": "m", "admin_state_up": "false"}}))[
        "network"
    ]
    assert (changed["name"], changed["admin_state_up"], changed["revision_number"]) == ("m", False, 2)
    assert [n["id"] for n in await alice.list("networks")] == [made["id"]]
    await alice.delete(f"/networks/{made['id']}")
    gone = await alice.get(f"/networks/{made['id']}", 404)
    assert gone["NeutronError"]["type"] == "NetworkNotFound"
    assert gone["NeutronError"]["message"] == f"Network {made['id']} could not be found."


async def test_subnet_life_and_network_delete_takes_it_along(alice):
    network = await alice.make("network", name="n")
    subnet = await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    assert subnet["gateway_ip"] == "10.0.0.1"
    assert subnet["allocation_pools"] == [{"start": "10.0.0.2", "end": "10.0.0.254"}]
    assert subnet["enable_dhcp"] is True
    shown = (await alice.get(f"/networks/{network['id']}"))["network"]
    assert shown["subnets"] == [subnet["id"]]
    overlap = await alice.make("subnet", 400, network_id=network["id"], cidr="10.0.0.128/25", ip_version=4)
    assert "overlaps with another subnet" in overlap["message"]
    ports = await alice.list("ports", network_id=network["id"])
    assert [p["device_owner"] for p in ports] == ["network:distributed"]
    await alice.delete(f"/networks/{network['id']}")
    await alice.get(f"/subnets/{subnet['id']}", 404)


async def test_port_life(alice):
    network = await alice.make("network", name="n")
    bare = await alice.make("port", network_id=network["id"], name="bare")
    assert bare["fixed_ips"] == []
    assert bare["status"] == "DOWN"
    subnet = await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    port = await alice.make("port", network_id=network["id"], fixed_ips=[{"subnet_id": subnet["id"]}])
    assert port["fixed_ips"][0]["subnet_id"] == subnet["id"]
    assert port["mac_address"].startswith("fa:16:3e:")
    assert len(port["security_groups"]) == 1
    assert (await alice.get(f"/ports/{port['id']}"))["port"] == port
    found = await alice.list("ports", fixed_ips=f"ip_address={port['fixed_ips'][0]['ip_address']}")
    assert [p["id"] for p in found] == [port["id"]]
    changed = (await alice.put(f"/ports/{port['id']}", {"port": {"security_groups": [], "name": "x"}}))["port"]
    assert changed["security_groups"] == []
    await alice.delete(f"/subnets/{subnet['id']}", 409)
    await alice.delete(f"/ports/{port['id']}")
    await alice.get(f"/ports/{port['id']}", 404)
    await alice.delete(f"/subnets/{subnet['id']}")


@pytest.fixture
async def outside(admin):
    network = await admin.make(
        "network",
        name="public",
        **{"router:external": True, "provider:network_type": "flat", "provider:physical_network": "public"},
    )
    await admin.make("subnet", network_id=network["id"], cidr="172.24.4.0/24", ip_version=4, enable_dhcp=False)
    return network


async def test_router_and_floating_ip_life(alice, outside):
    network = await alice.make("network", name="n")
    subnet = await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    router = await alice.make("router", name="r", external_gateway_info={})
    assert router["external_gateway_info"] is None
    info = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
    router = (await alice.put(f"/routers/{router['id']}", info))["router"]
    assert router["external_gateway_info"]["network_id"] == outside["id"]
    assert router["external_gateway_info"]["external_fixed_ips"][0]["ip_address"].startswith("172.24.4.")
    joined = await alice.put(f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    assert set(joined) == {"id", "subnet_id", "subnet_ids", "port_id", "network_id", "tenant_id", "project_id"}
    leg = (await alice.get(f"/ports/{joined['port_id']}"))["port"]
    assert leg["device_id"] == router["id"]
    assert leg["fixed_ips"][0]["ip_address"] == "10.0.0.1"
    port = await alice.make("port", network_id=network["id"])
    floating = await alice.make("floatingip", floating_network_id=outside["id"], port_id=port["id"])
    assert floating["router_id"] == router["id"]
    assert floating["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    await alice.put(f"/routers/{router['id']}/remove_router_interface", {"subnet_id": subnet["id"]}, 409)
    await alice.delete(f"/routers/{router['id']}", 409)
    free = (await alice.put(f"/floatingips/{floating['id']}", {"floatingip": {"port_id": None}}))["floatingip"]
    assert (free["port_id"], free["fixed_ip_address"], free["router_id"], free["status"]) == (None, None, None, "DOWN")
    await alice.delete(f"/floatingips/{floating['id']}")
    await alice.put(f"/routers/{router['id']}/remove_router_interface", {"port_id": joined["port_id"]})
    await alice.delete(f"/routers/{router['id']}")
    await alice.delete(f"/networks/{network['id']}", 409)
    await alice.delete(f"/ports/{port['id']}")
    await alice.delete(f"/networks/{network['id']}")


async def test_security_group_life(alice):
    assert [g["name"] for g in await alice.list("security_groups")] == ["default"]
    group = await alice.make("security_group", name="g", description="d", plural="security_groups")
    assert len(group["security_group_rules"]) == 2
    body = {
        "security_group_id": group["id"],
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
    }
    rule = await alice.make("security_group_rule", plural="security_group_rules", **body)
    assert rule["ethertype"] == "IPv4"
    assert (await alice.get(f"/security-group-rules/{rule['id']}"))["security_group_rule"] == rule
    again = await alice.make("security_group_rule", 409, plural="security_group_rules", **body)
    assert "Security group rule already exists" in again["message"]
    await alice.delete(f"/security-group-rules/{rule['id']}")
    await alice.put(f"/security-groups/{group['id']}", {"security_group": {"name": "h", "description": "e"}})
    await alice.delete(f"/security-groups/{group['id']}")
    assert [g["name"] for g in await alice.list("security_groups")] == ["default"]


async def test_bulk_creates_are_all_or_nothing(alice):
    made = await alice.call("POST", "/networks", 201, {"networks": [{"name": "a"}, {"name": "b"}]})
    assert [n["name"] for n in made["networks"]] == ["a", "b"]
    first = made["networks"][0]["id"]
    subnets = [
        {"network_id": first, "cidr": "10.0.0.0/24", "ip_version": 4},
        {"network_id": first, "cidr": "10.0.0.0/25", "ip_version": 4},
    ]
    await alice.call("POST", "/subnets", 400, {"subnets": subnets})
    assert await alice.list("subnets") == []
    ports = await alice.call(
        "POST",
        "/ports",
        201,
        {"ports": [{"network_id": first, "name": "x"}, {"network_id": first, "admin_state_up": False}]},
    )
    assert [p["admin_state_up"] for p in ports["ports"]] == [True, False]


async def test_what_the_api_says_of_itself(alice, http):
    versions = (await http.get("/networking/")).json()["versions"]
    assert [v["id"] for v in versions] == ["v2.0"]
    assert [r["name"] for r in (await alice.get("/"))["resources"]] == ["subnet", "network", "port"]
    for extension in (await alice.get("/extensions"))["extensions"]:
        assert (await alice.get(f"/extensions/{extension['alias']}"))["extension"] == extension
    await alice.get("/extensions/dvr", 404)
    assert (await http.get("/networking/v2.0/networks")).status_code == 401
