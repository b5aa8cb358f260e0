"""Requests that must be refused, and leave nothing half made."""

import pytest


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"network": []}',
        b'{"network": null}',
        b'{"networks": []}',
        b'{"networks": [1]}',
        b'{"networks": {}}',
        b'{"network": {"name": 5}}',
        b'{"network": {"id": "x"}}',
        b'{"network": {"status": "x"}}',
        b'{"network": {"admin_state_up": "maybe"}}',
        b'{"network": {"mtu": 20}}',
        b'{"network": {"mtu": 9000}}',
        b'{"network": {"availability_zone_hints": ["moon"]}}',
        b'{"network": {"name": "' + b"x" * 256 + b'"}}',
        b"\xff",
    ],
)
async def test_bad_network_bodies(alice, http, content):
    answer = await http.post(
        "/networking/v2.0/networks",
        content=content,
        headers={"X-Auth-Token": alice.token, "Content-Type": "application/json"},
    )
    assert answer.status_code == 400, answer.text
    assert set(answer.json()["NeutronError"]) == {"type", "message", "detail"}
    assert await alice.list("networks") == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"protocol": "nope"}, "not supported"),
        ({"protocol": 256}, "not supported"),
        ({"ethertype": "IPv5"}, "not supported"),
        ({"port_range_min": 1, "port_range_max": 2}, "Must also specify protocol"),
        ({"protocol": "tcp", "port_range_min": 5, "port_range_max": 2}, "port_range_min must be <="),
        ({"protocol": "tcp", "port_range_min": 5}, "port_range_min must be <="),
        ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 2}, "Invalid value for port"),
        ({"protocol": "gre", "port_range_min": 1, "port_range_max": 2}, "Ports cannot be specified"),
        ({"protocol": "icmp", "port_range_min": 256, "port_range_max": 1}, "must be 0 to 255"),
        ({"protocol": "icmp", "port_range_max": 1}, "is missing"),
        ({"remote_ip_prefix": "10.0.0.0/33"}, "not a valid CIDR"),
        ({"remote_ip_prefix": "fd00::/8"}, "Conflicting value ethertype"),
        ({"nonsense": 1}, "Unrecognized"),
    ],
)
async def test_bad_rules(alice, rule, words):
    group = (await alice.list("security_groups"))[0]
    body = {"security_group_id": group["id"], "direction": "ingress", **rule}
    refused = await alice.make("security_group_rule", 400, plural="security_group_rules", **body)
    assert words in refused["message"], refused["message"]


async def test_rules_alike(alice):
    group = (await alice.list("security_groups"))[0]
    body = {"security_group_id": group["id"], "direction": "ingress"}
    await alice.make(
        "security_group_rule", plural="security_group_rules", **body, protocol="tcp", remote_ip_prefix="0.0.0.0/0"
    )
    await alice.make("security_group_rule", 409, plural="security_group_rules", **body, protocol="6")
    await alice.make("security_group_rule", plural="security_group_rules", **body, protocol="icmp", ethertype="IPv6")
    await alice.make(
        "security_group_rule", 409, plural="security_group_rules", **body, protocol="ipv6-icmp", ethertype="IPv6"
    )
    other = await alice.make("security_group", plural="security_groups", name="o")
    both = {"remote_group_id": other["id"], "remote_ip_prefix": "1.0.0.0/8"}
    await alice.make("security_group_rule", 400, plural="security_group_rules", **body, **both)
    rule = await alice.make("security_group_rule", plural="security_group_rules", **body, remote_group_id=other["id"])
    await alice.delete(f"/security-groups/{other['id']}")
    await alice.get(f"/security-group-rules/{rule['id']}", 404)
    await alice.make("security_group_rule", 404, plural="security_group_rules", **body, remote_group_id=other["id"])


async def test_default_groups(alice, admin):
    group = (await alice.list("security_groups"))[0]
    assert (await alice.make("security_group", 409, plural="security_groups", name="default"))[
        "type"
    ] == "SecurityGroupDefaultAlreadyExists"
    await alice.delete(f"/security-groups/{group['id']}", 409)
    await alice.put(f"/security-groups/{group['id']}", {"security_group": {"name": "x"}}, 409)
    await admin.delete(f"/security-groups/{group['id']}")
    again = (await alice.list("security_groups"))[0]
    assert again["id"] != group["id"]


async def test_port_security(alice):
    net = await alice.make("network")
    group = (await alice.list("security_groups"))[0]["id"]
    body = {"network_id": net["id"], "port_security_enabled": False}
    await alice.make("port", 400, **body, security_groups=[group])
    await alice.make("port", 409, **body, allowed_address_pairs=[{"ip_address": "10.0.0.0/24"}])
    port = await alice.make("port", network_id=net["id"], allowed_address_pairs=[{"ip_address": "10.0.0.7"}])
    assert port["allowed_address_pairs"] == [{"mac_address": port["mac_address"], "ip_address": "10.0.0.7"}]
    path = f"/ports/{port['id']}"
    await alice.put(path, {"port": {"port_security_enabled": False}}, 409)
    gone = {"port_security_enabled": False, "security_groups": [], "allowed_address_pairs": []}
    changed = (await alice.put(path, {"port": gone}))["port"]
    assert (changed["port_security_enabled"], changed["security_groups"]) == (False, [])
    await alice.make("port", 404, network_id=net["id"], security_groups=["11111111-2222-3333-4444-555555555555"])
    await alice.make("port", 400, network_id=net["id"], security_groups=["x"])
    await alice.make("port", 400, network_id=net["id"], allowed_address_pairs=[{"ip_address": "x"}])
    options = [{"opt_name": "mtu", "opt_value": "1400"}]
    assert (await alice.put(path, {"port": {"extra_dhcp_opts": options}}))["port"]["extra_dhcp_opts"] == [
        {"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}
    ]


@pytest.fixture
async def outside(admin):
    network = await admin.make("network", name="public", **{"router:external": True})
    await admin.make("subnet", network_id=network["id"], cidr="172.24.4.0/29", enable_dhcp=False)
    return network


async def test_routers_refuse(alice, outside):
    a, b = await alice.make("network"), await alice.make("network")
    one = await alice.make("subnet", network_id=a["id"], cidr="10.0.0.0/24")
    two = await alice.make("subnet", network_id=b["id"], cidr="10.0.0.0/25")
    bare = await alice.make("subnet", network_id=b["id"], cidr="10.9.0.0/24", gateway_ip=None)
    router = await alice.make("router")
    path = f"/routers/{router['id']}"
    for body in (
        {},
        {"subnet_id": one["id"], "port_id": one["id"]},
        {"subnet_id": bare["id"]},
        {"subnet_id": 5},
        {"nope": 1},
    ):
        await alice.put(f"{path}/add_router_interface", body, 400)
    leg = await alice.put(f"{path}/add_router_interface", {"subnet_id": one["id"]})
    for again in (one, two):
        await alice.put(f"{path}/add_router_interface", {"subnet_id": again["id"]}, 400)
    await alice.delete(f"/ports/{leg['port_id']}", 409)
    await alice.delete(f"/subnets/{one['id']}", 409)
    await alice.put(f"/subnets/{one['id']}", {"subnet": {"gateway_ip": "10.0.0.9"}}, 409)
    await alice.put(path, {"router": {"external_gateway_info": {"network_id": a["id"]}}}, 400)
    await alice.put(f"{path}/remove_router_interface", {"subnet_id": two["id"]}, 404)
    for routes in (
        [{"destination": "1.0.0.0/8", "nexthop": "9.9.9.9"}],
        [{"destination": "1.0.0.0/8", "nexthop": "10.0.0.1"}],
        [{"destination": "x"}],
    ):
        await alice.put(path, {"router": {"routes": routes}}, 400)
    routes = [{"destination": "1.0.0.0/8", "nexthop": "10.0.0.7"}]
    assert (await alice.put(path, {"router": {"routes": routes}}))["router"]["routes"] == routes
    more = [{"destination": "2.0.0.0/8", "nexthop": "10.0.0.7"}]
    assert (await alice.put(f"{path}/add_extraroutes", {"router": {"routes": more}}))["router"][
        "routes"
    ] == routes + more
    assert (await alice.put(f"{path}/remove_extraroutes", {"router": {"routes": routes}}))["router"]["routes"] == more
    await alice.put(f"{path}/remove_router_interface", {"subnet_id": one["id"]}, 409)


async def test_floating_ips_refuse_and_run_out(alice, bob, outside):
    net = await alice.make("network")
    subnet = await alice.make("subnet", network_id=net["id"], cidr="10.0.0.0/24")
    port = await alice.make("port", network_id=net["id"])
    await alice.make("floatingip", 400, floating_network_id=net["id"])
    unreachable = await alice.make("floatingip", 404, floating_network_id=outside["id"], port_id=port["id"])
    assert unreachable["type"] == "ExternalGatewayForFloatingIPNotFound"
    router = await alice.make("router", external_gateway_info={"network_id": outside["id"]})
    await alice.put(f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    first = await alice.make("floatingip", floating_network_id=outside["id"], port_id=port["id"])
    taken = await alice.make("floatingip", 409, floating_network_id=outside["id"], port_id=port["id"])
    assert taken["type"] == "FloatingIPPortAlreadyAssociated"
    second = await alice.make("floatingip", floating_network_id=outside["id"])
    await alice.put(f"/floatingips/{second['id']}", {"floatingip": {"port_id": port["id"]}}, 409)
    await alice.make("floatingip", 403, floating_network_id=outside["id"], floating_ip_address="172.24.4.6")
    await alice.put(f"/routers/{router['id']}", {"router": {"external_gateway_info": {}}}, 409)
    await bob.get(f"/floatingips/{first['id']}", 404)
    for _ in range(2):
        await bob.make("floatingip", floating_network_id=outside["id"])
    assert (await bob.make("floatingip", 400, floating_network_id=outside["id"]))[
        "type"
    ] == "ExternalIpAddressExhausted"
    await alice.delete(f"/ports/{port['id']}")
    left = (await alice.get(f"/floatingips/{first['id']}"))["floatingip"]
    assert (left["port_id"], left["router_id"], left["status"]) == (None, None, "DOWN")
    await alice.delete(f"/floatingips/{first['id']}")
    await bob.make("floatingip", floating_network_id=outside["id"])


async def test_idle_floating_ips_go_with_their_network(alice, admin, outside):
    floating = await alice.make("floatingip", floating_network_id=outside["id"])
    await admin.delete(f"/networks/{outside['id']}")
    await alice.get(f"/floatingips/{floating['id']}", 404)
