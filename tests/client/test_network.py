"""`openstack network, subnet, port, router, security group, floating ip …`."""

import pytest

from .clouds import ClientFailed


@pytest.fixture(scope="module")
def net(cloud, name):
    """A network with a subnet behind a router to the public network; their names."""
    network, subnet, router = name("net"), name("subnet"), name("router")
    cloud.openstack("network", "create", network)
    cloud.openstack("subnet", "create", subnet, "--network", network, "--subnet-range", "10.9.0.0/24")
    cloud.openstack("router", "create", router, "--external-gateway", "public")
    cloud.openstack("router", "add", "subnet", router, subnet)
    return network, subnet, router


def test_network(cloud, name):
    title = name("net")
    made = cloud.json("network", "create", title, "--mtu", "1400", "--description", "d", "--tag", "one")
    assert (made["mtu"], made["status"], made["tags"]) == (1400, "ACTIVE", ["one"])
    assert made["provider:network_type"] == "geneve"
    cloud.openstack("network", "set", "--disable", "--name", title + "x", title)
    assert cloud.json("network", "show", title + "x")["admin_state_up"] is False
    assert title + "x" in [row["Name"] for row in cloud.json("network", "list", "--internal")]
    assert "public" in [row["Name"] for row in cloud.json("network", "list", "--external")]
    cloud.openstack("network", "delete", title + "x")
    with pytest.raises(ClientFailed, match="No Network found"):
        cloud.openstack("network", "show", title + "x")


def test_subnet(cloud, net, name):
    title = name("subnet")
    words = ["--gateway", "10.8.0.254", "--dns-nameserver", "192.0.2.53", "--no-dhcp"]
    pool = ["--allocation-pool", "start=10.8.0.10,end=10.8.0.20"]
    route = ["--host-route", "destination=10.7.0.0/16,gateway=10.8.0.3"]
    made = cloud.json(
        "subnet", "create", title, "--network", net[0], "--subnet-range", "10.8.0.0/24", *words, *pool, *route
    )
    assert made["gateway_ip"] == "10.8.0.254"
    assert made["enable_dhcp"] is False
    assert made["allocation_pools"] == [{"start": "10.8.0.10", "end": "10.8.0.20"}]
    assert made["host_routes"] == [{"destination": "10.7.0.0/16", "nexthop": "10.8.0.3"}]
    cloud.openstack("subnet", "set", "--dhcp", "--dns-nameserver", "192.0.2.54", title)
    assert cloud.json("subnet", "show", title)["dns_nameservers"] == ["192.0.2.54", "192.0.2.53"]
    v6 = ["--ip-version", "6", "--ipv6-ra-mode", "slaac", "--ipv6-address-mode", "slaac"]
    six = cloud.json("subnet", "create", name("six"), "--network", net[0], "--subnet-range", "fd00:9::/64", *v6)
    assert six["ipv6_address_mode"] == "slaac"
    for each in (title, six["id"]):
        cloud.openstack("subnet", "delete", each)


def test_port(cloud, net, name):
    title = name("port")
    fixed = ["--fixed-ip", f"subnet={net[1]},ip-address=10.9.0.77", "--mac-address", "fa:16:3e:00:00:77"]
    made = cloud.json("port", "create", title, "--network", net[0], *fixed)
    assert made["fixed_ips"][0]["ip_address"] == "10.9.0.77"
    assert made["mac_address"] == "fa:16:3e:00:00:77"
    with pytest.raises(ClientFailed, match=r"already allocated|409|Conflict"):
        cloud.openstack("port", "create", name("port"), "--network", net[0], "--fixed-ip", "ip-address=10.9.0.77")
    cloud.openstack("port", "set", "--disable", "--allowed-address", "ip-address=10.9.0.200", title)
    cloud.openstack("port", "set", "--no-security-group", "--disable-port-security", "--no-allowed-address", title)
    shown = cloud.json("port", "show", title)
    assert (shown["admin_state_up"], shown["port_security_enabled"]) == (False, False)
    assert shown["security_group_ids"] == []
    assert title in [row["Name"] for row in cloud.json("port", "list", "--network", net[0])]
    cloud.openstack("port", "delete", title)


def test_router(cloud, net, name):
    subnet, router = name("subnet"), name("router")
    cloud.openstack("subnet", "create", subnet, "--network", net[0], "--subnet-range", "10.6.0.0/24")
    cloud.openstack("router", "create", router)
    cloud.openstack("router", "add", "subnet", router, subnet)
    with pytest.raises(ClientFailed, match=r"409|Conflict"):
        cloud.openstack("router", "delete", router)
    cloud.openstack("router", "set", "--external-gateway", "public", "--disable-snat", router)
    cloud.openstack("router", "add", "route", "--route", "destination=10.5.0.0/24,gateway=10.6.0.9", router)
    shown = cloud.json("router", "show", router)
    assert shown["external_gateway_info"]["enable_snat"] is False
    assert shown["routes"] == [{"destination": "10.5.0.0/24", "nexthop": "10.6.0.9"}]
    assert [i["ip_address"] for i in shown["interfaces_info"]] == ["10.6.0.1"]
    cloud.openstack("router", "unset", "--route", "destination=10.5.0.0/24,gateway=10.6.0.9", router)
    cloud.openstack("router", "unset", "--external-gateway", router)
    cloud.openstack("router", "remove", "subnet", router, subnet)
    cloud.openstack("router", "delete", router)
    cloud.openstack("subnet", "delete", subnet)


def test_security_group_and_rule(cloud, name):
    title = name("group")
    made = cloud.json("security", "group", "create", title, "--description", "web")
    assert len(made["rules"]) == 2
    rule = ["security", "group", "rule", "create", title, "--protocol", "tcp"]
    one = cloud.json(*rule, "--dst-port", "80:81", "--remote-ip", "192.0.2.0/24")
    assert (one["port_range_min"], one["port_range_max"], one["direction"]) == (80, 81, "ingress")
    with pytest.raises(ClientFailed, match="already exists"):
        cloud.openstack(*rule, "--dst-port", "80:81", "--remote-ip", "192.0.2.0/24")
    two = cloud.json(*rule, "--egress", "--ethertype", "IPv6", "--remote-group", title)
    assert two["remote_group_id"] == made["id"]
    assert len(cloud.json("security", "group", "rule", "list", title)) == 4
    cloud.openstack("security", "group", "rule", "delete", one["id"], two["id"])
    cloud.openstack("security", "group", "set", "--name", title + "x", title)
    cloud.openstack("security", "group", "delete", title + "x")
    with pytest.raises(ClientFailed, match=r"409|Conflict|default"):
        cloud.openstack("security", "group", "delete", "default", cloud="pileus")


def test_floating_ip(cloud, net, name):
    port = cloud.json("port", "create", name("port"), "--network", net[0])
    made = cloud.json("floating", "ip", "create", "public", "--description", "d")
    address = made["floating_ip_address"]
    assert address.startswith("172.24.4.")
    assert made["status"] == "DOWN"
    cloud.openstack("floating", "ip", "set", "--port", port["id"], address)
    shown = cloud.json("floating", "ip", "show", address)
    assert shown["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert address in [row["Floating IP Address"] for row in cloud.json("floating", "ip", "list")]
    cloud.openstack("floating", "ip", "unset", "--port", address)
    assert cloud.json("floating", "ip", "show", address)["port_id"] is None
    cloud.openstack("floating", "ip", "delete", address)
    cloud.openstack("port", "delete", port["id"])


def test_agents_quota_and_extensions(cloud):
    agents = cloud.json("network", "agent", "list")
    assert agents
    assert all(agent["Alive"] is True for agent in agents)
    assert cloud.json("network", "agent", "show", agents[0]["ID"])["binary"] == agents[0]["Binary"]
    aliases = {row["Alias"] for row in cloud.json("extension", "list", "--network")}
    assert {"router", "security-group", "quotas", "standard-attr-tag", "external-net"} <= aliases
    cloud.openstack("quota", "set", "--networks", "42", "demo")
    shown = {row["Resource"]: row["Limit"] for row in cloud.json("quota", "show", "demo")}
    assert shown["networks"] == 42
    cloud.openstack("quota", "delete", "--network", "demo")


def test_members_see_and_change_their_own_only(cloud, net, name):
    with pytest.raises(ClientFailed, match="No Network found"):
        cloud.openstack("network", "show", net[0], cloud="pileus")
    with pytest.raises(ClientFailed, match=r"403|Forbidden|disallowed"):
        cloud.openstack("network", "create", name("no"), "--external", cloud="pileus")
    with pytest.raises(ClientFailed, match=r"403|Forbidden|404|disallowed|not be found|Failed"):
        cloud.openstack("network", "delete", "public", cloud="pileus")
