"""Servers in a real cloud, from the first login to the deletion: each call does what it says in QEMU and OVN.

Two servers live through this file, in the order of the tests: `one` and `two` on two networks of one router, `one`
with a floating address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.e2e.cloud import RealCloud
from tests.e2e.room import BEYOND, UPLINK, until

pytestmark = pytest.mark.root

MTU = 1442
"""Of networks over geneve on an underlay of 1500 bytes."""
METADATA = ("http://169.254.169.254", "http://[fe80::a9fe:a9fe%eth0]")
"""Where guests ask; the second only on networks with an IPv6 subnet, since a port's other traffic is dropped."""

WHO_ASKS = """
import socket
listening = socket.create_server(("", 7777))
while True:
    line, peer = listening.accept()
    line.sendall((peer[0] + "\\n").encode())
    line.close()
"""


@pytest.fixture(scope="module")
def pair(cloud: RealCloud) -> Iterator[Any]:
    """Servers `one` on `private`, with a floating address, and `two` on another network, in a group of its own."""
    demo = cloud.demo
    network = demo.make("network", name="second")["id"]
    router = demo.one("network", "/v2.0/routers?name=router", "routers", "router")["id"]
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    for subnet in ({"ip_version": 4, "cidr": "10.2.0.0/24"}, {"ip_version": 6, "cidr": "fd00:2::/64", **modes}):
        made = demo.make("subnet", network_id=network, **subnet)["id"]
        demo.call("PUT", "network", f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": made})
    group = demo.make("security_group", name="two")["id"]
    one = cloud.create("one")
    two = cloud.create("two", network, security_groups=[{"name": "two"}], metadata={"colour": "green"})
    for server in (one, two):
        cloud.until_status(server, "ACTIVE")
    address = cloud.float(one)
    inner = next(each["ip_address"] for each in cloud.port(two)["fixed_ips"] if ":" not in each["ip_address"])
    cloud.until_ssh(one, address)
    until(lambda: "login:" in cloud.console(two), "the second guest", 200)
    yield SimpleNamespace(one=one, two=two, address=address, inner=inner, group=group, network=network)


def banner(cloud: RealCloud, pair: Any) -> str:
    """What `one` hears from the SSH server of `two`."""
    return cloud.ssh(pair.address, f"timeout 6 nc -w 3 {pair.inner} 22 < /dev/null | head -c 8; true")


def test_login(cloud: RealCloud, pair: Any) -> None:
    assert cloud.ssh(pair.address, "hostname") == "one"
    assert cloud.ssh(pair.address, "sudo id -u") == "0"
    assert cloud.pings(pair.address)


def test_two_networks_meet_over_the_router_as_far_as_groups_allow(cloud: RealCloud, pair: Any) -> None:
    ping = f"ping -c 1 -W 1 {pair.inner}"
    assert cloud.try_ssh(pair.address, ping).returncode != 0
    rule = {"security_group_id": pair.group, "direction": "ingress", "ethertype": "IPv4"}
    cloud.demo.make("security_group_rule", protocol="icmp", **rule)
    until(lambda: cloud.try_ssh(pair.address, ping).returncode == 0, "ping over the router", 20)

    assert banner(cloud, pair) == ""
    ssh = cloud.demo.make("security_group_rule", protocol="tcp", port_range_min=22, port_range_max=22, **rule)
    until(lambda: banner(cloud, pair) == "SSH-2.0-", "SSH over the router", 20)
    cloud.demo.call("DELETE", "network", f"/v2.0/security-group-rules/{ssh['id']}")
    until(lambda: banner(cloud, pair) == "", "SSH blocked again", 20)
    cloud.demo.make("security_group_rule", protocol="tcp", port_range_min=22, port_range_max=22, **rule)
    until(lambda: banner(cloud, pair) == "SSH-2.0-", "SSH over the router", 20)


def test_frames_have_the_size_that_the_tunnel_carries(cloud: RealCloud, pair: Any) -> None:
    assert f"mtu {MTU}" in cloud.ssh(pair.address, "ip link show eth0")
    whole = f"ping -c 2 -W 2 -s {MTU - 28} {pair.inner}"
    assert "2 packets received" in cloud.ssh(pair.address, whole)


def test_nobody_sends_under_another_address(cloud: RealCloud, pair: Any) -> None:
    stranger = "10.0.0.250"
    cloud.ssh(pair.address, f"sudo ip addr add {stranger}/24 dev eth0")
    try:
        assert cloud.try_ssh(pair.address, f"ping -c 2 -W 1 -I {stranger} {pair.inner}").returncode != 0
    finally:
        cloud.ssh(pair.address, f"sudo ip addr del {stranger}/24 dev eth0")
    assert cloud.try_ssh(pair.address, f"ping -c 2 -W 1 {pair.inner}").returncode == 0


@pytest.mark.parametrize("service", METADATA)
def test_the_guest_reads_what_is_told_of_it(cloud: RealCloud, pair: Any, service: str) -> None:
    def ask(path: str) -> str:
        return cloud.ssh_through(pair.address, pair.inner, f"timeout 15 wget -q -O - '{service}/{path}'")

    told = json.loads(ask("openstack/latest/meta_data.json"))
    assert (told["uuid"], told["name"], told["meta"]) == (pair.two, "two", {"colour": "green"})
    assert ask("latest/meta-data/local-ipv4") == pair.inner


def test_the_outside_is_reached_under_the_machines_address(cloud: RealCloud, pair: Any) -> None:
    with cloud.room.start(*cloud.room.beyond, "python3", "-c", WHO_ASKS) as listener:
        try:
            ask = f"timeout 10 nc -w 5 {BEYOND} 7777"
            without_floating = f"for _ in 1 2 3 4 5; do {ask} && break; sleep 1; done"
            assert cloud.ssh_through(pair.address, pair.inner, without_floating) == UPLINK
            assert cloud.ssh(pair.address, ask) == UPLINK
        finally:
            listener.kill()


def test_a_nic_comes_and_goes_while_the_guest_runs(cloud: RealCloud, pair: Any) -> None:
    body = {"interfaceAttachment": {"net_id": pair.network}}
    made = cloud.demo.call("POST", "compute", f"/servers/{pair.one}/os-interface", body)["interfaceAttachment"]
    own = next(each["ip_address"] for each in made["fixed_ips"] if ":" not in each["ip_address"])
    until(lambda: own in cloud.try_ssh(pair.address, "ip addr show eth1").stdout, "a lease on the new nic", 60)
    assert f"mtu {MTU}" in cloud.ssh(pair.address, "ip link show eth1")
    cloud.demo.call("DELETE", "compute", f"/servers/{pair.one}/os-interface/{made['port_id']}")
    until(lambda: "eth1" not in cloud.ssh(pair.address, "ls /sys/class/net"), "the nic unplugged", 60)
    ports = f"/v2.0/ports?id={made['port_id']}"
    until(lambda: cloud.demo.call("GET", "network", ports)["ports"] == [], "the port gone", 20)
    assert f"tap{made['port_id'][:11]}" not in cloud.vsctl("list-ports", "br-int")


def boot_of(cloud: RealCloud, pair: Any) -> str:
    """What tells one boot of the guest from another; empty while it cannot be asked."""
    done = cloud.try_ssh(pair.address, "cat /proc/sys/kernel/random/boot_id")
    return done.stdout.strip() if done.returncode == 0 else ""


def test_the_guest_is_asked_to_boot_again(cloud: RealCloud, pair: Any) -> None:
    before, process = boot_of(cloud, pair), cloud.domain(pair.one)
    cloud.ssh(pair.address, "echo kept > kept; sync")
    cloud.act(pair.one, "reboot", type="SOFT")
    cloud.until_status(pair.one, "ACTIVE")
    until(lambda: boot_of(cloud, pair) not in ("", before), "the guest after a soft reboot", 200, 0.5)
    assert cloud.ssh(pair.address, "cat kept") == "kept"
    assert process is not None


def test_stop_and_start(cloud: RealCloud, pair: Any) -> None:
    before = boot_of(cloud, pair)
    cloud.act(pair.one, "os-stop")
    cloud.until_status(pair.one, "SHUTOFF")
    assert cloud.domain(pair.one) is None
    assert cloud.audit() == []
    cloud.act(pair.one, "os-start")
    cloud.until_status(pair.one, "ACTIVE")
    until(lambda: boot_of(cloud, pair) not in ("", before), "the guest after stop and start", 200, 0.5)
    assert cloud.ssh(pair.address, "cat kept") == "kept"


@pytest.mark.slow
def test_the_plug_is_pulled(cloud: RealCloud, pair: Any) -> None:
    before = boot_of(cloud, pair)
    cloud.act(pair.one, "reboot", type="HARD")
    cloud.until_status(pair.one, "ACTIVE")
    until(lambda: boot_of(cloud, pair) not in ("", before), "the guest after a hard reboot", 200, 0.5)


def test_the_console_tells_of_the_boot(cloud: RealCloud, pair: Any) -> None:
    said = cloud.console(pair.two, 400)
    assert "two login:" in said
    assert len(cloud.console(pair.two, 5).splitlines()) <= 5
    assert re.search(r"10\.2\.0\.\d+", said)


def test_a_deleted_server_leaves_nothing(cloud: RealCloud, pair: Any) -> None:
    ports = {server: cloud.port(server) for server in (pair.one, pair.two)}
    for server, port in ports.items():
        assert {"tap", "switch port", "OVN's port"} < set(cloud.remains(server, port))
    for server, port in ports.items():
        cloud.delete(server)
        until(lambda server=server, port=port: cloud.remains(server, port) == [], "nothing left", 20)
    assert cloud.audit() == []
