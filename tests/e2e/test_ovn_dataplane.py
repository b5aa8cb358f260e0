"""What the OVN driver applies, as guests see it: addresses, routes, translation, rules, spoofing."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
import pytest
from tests.e2e import ovn_cloud as sample
from tests.e2e.ovn_sandbox import OUTSIDE, Guest, OvnSandbox, until

from pileus.network.backend.ovn import OvnBackend
from pileus.network.backend.wanted import AddressPair, Direction, Ipv6Mode, Kind, Ref, Wanted, WantedPort

pytestmark = [pytest.mark.root, pytest.mark.slow]

ICMP = sample.rule(81, Direction.INGRESS, 4, protocol="icmp")
ICMP6 = sample.rule(82, Direction.INGRESS, 6, protocol="ipv6-icmp")
SSH = sample.rule(83, Direction.INGRESS, 4, protocol="tcp", port_min=22, port_max=22)


class Cloud:
    """The sample network with guests on it."""

    def __init__(self, sandbox: OvnSandbox, driver: OvnBackend) -> None:
        self.sandbox = sandbox
        self.driver = driver

    async def apply(self, *objects: Wanted) -> None:
        await self.driver.apply(list(objects))
        await self.driver.wait_applied([], 20)

    async def guest(self, port: WantedPort, *, lease: bool = True) -> Guest:
        await self.driver.apply([port])
        name = "g" + port.id[-2:]
        guest = await asyncio.to_thread(self.sandbox.plug, name, port.id, port.mac)
        for _ in range(200):
            if (await self.driver.ports_up())[port.id].up:
                break
            await asyncio.sleep(0.1)
        await self.driver.wait_applied([], 20)
        if lease:
            await asyncio.to_thread(guest.lease)
        return guest


@pytest.fixture
def cloud(ovn_sandbox: OvnSandbox, ovn: OvnBackend) -> Cloud:
    return Cloud(ovn_sandbox, ovn)


async def call(function: Any, *arguments: Any, **more: Any) -> Any:
    return await asyncio.to_thread(function, *arguments, **more)


async def test_lease_carries_address_mtu_routes_and_names(cloud: Cloud) -> None:
    await cloud.apply(*sample.networks(mtu=1350), sample.group())
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"), dns_name="First")
    guest = await cloud.guest(port, lease=False)
    told = await call(guest.lease)
    assert (told["ip"], told["mask"], told["mtu"]) == ("10.1.0.61", "24", "1350")
    assert told["router"] == "10.1.0.1"
    assert told["dns"] == "9.9.9.9"
    assert told["domain"] == "cloud.test"
    assert told["staticroutes"] == "169.254.169.254/32 10.1.0.2 0.0.0.0/0 10.1.0.1"
    [network] = [each for each in sample.networks(mtu=1300) if each.id == sample.NET_A]
    await cloud.apply(network)
    assert (await call(guest.dhcp))["mtu"] == "1300"


async def test_east_west_over_a_router_at_full_size(cloud: Cloud) -> None:
    await cloud.apply(*sample.networks(), *sample.router(cloud.sandbox.name), sample.group(ICMP))
    a = await cloud.guest(sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61")))
    b = await cloud.guest(sample.vif(62, sample.NET_B, (sample.SUB_B, "10.2.0.62")))
    assert await call(a.pings, "10.2.0.62")
    assert await call(a.pings, "10.2.0.62", size=1442 - 28)
    assert await call(b.pings, "10.1.0.61")
    await cloud.driver.remove([Ref(Kind.ROUTER, sample.ROUTER)])
    await cloud.driver.wait_applied([], 20)
    assert not await call(a.pings, "10.2.0.62", tries=2)


async def test_out_by_snat_and_in_by_floating_ip(cloud: Cloud) -> None:
    await cloud.apply(*sample.networks(), *sample.router(cloud.sandbox.name), sample.group(ICMP, SSH))
    outside = await call(cloud.sandbox.outside)
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"))
    guest = await cloud.guest(port)
    await call(outside.serve_tcp, 8080)
    await call(guest.serve_tcp, 22)
    assert await call(guest.pings, OUTSIDE)
    assert await call(guest.connects, OUTSIDE, 8080)
    assert not await call(outside.pings, "198.51.100.20", tries=1)
    for distributed in (False, True):
        await cloud.apply(sample.floating(port, "198.51.100.20", distributed=distributed))
        assert await call(outside.pings, "198.51.100.20")
        assert await call(outside.connects, "198.51.100.20", 22)
        assert not await call(outside.connects, "198.51.100.20", 23)
        assert await call(guest.pings, OUTSIDE)
        await cloud.driver.remove([Ref(Kind.FLOATING_IP, sample.ident(71))])
        await cloud.driver.wait_applied([], 20)
        assert not await call(outside.pings, "198.51.100.20", tries=1)


async def test_groups_block_and_allow_as_told(cloud: Cloud) -> None:
    await cloud.apply(*sample.networks(), sample.group())
    other = sample.ident(32)
    a = await cloud.guest(sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61")))
    b = await cloud.guest(sample.vif(62, sample.NET_A, (sample.SUB_A, "10.1.0.62")))
    await call(b.serve_tcp, 22)
    assert not await call(a.pings, "10.1.0.62", tries=2)
    await cloud.apply(sample.group(ICMP, revision=2))
    assert await call(a.pings, "10.1.0.62")
    assert not await call(a.connects, "10.1.0.62", 22)
    await cloud.apply(sample.group(SSH, revision=3))
    assert not await call(a.pings, "10.1.0.62", tries=2)
    assert await call(a.connects, "10.1.0.62", 22)
    # Only members of another group, which the first guest joins later.
    from_other = sample.rule(84, Direction.INGRESS, 4, remote_group=other)
    await cloud.apply(sample.group(from_other, revision=4), sample.group(id=other))
    assert not await call(a.connects, "10.1.0.62", 22)
    joined = sample.vif(
        61, sample.NET_A, (sample.SUB_A, "10.1.0.61"), revision=2, security_groups=(sample.GROUP, other)
    )
    await cloud.apply(joined)
    assert await call(a.connects, "10.1.0.62", 22)
    assert await call(a.pings, "10.1.0.62")
    # No rule at all: nothing goes out either, but an address can still be had.
    await cloud.apply(msgspec.structs.replace(joined, revision=3, security_groups=()))
    assert not await call(a.connects, "10.1.0.62", 22)
    assert (await call(a.dhcp))["ip"] == "10.1.0.61"


async def test_spoofed_sources_are_dropped(cloud: Cloud) -> None:
    everything = sample.rule(85, Direction.INGRESS, 4)
    await cloud.apply(*sample.networks(), sample.group(everything))
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"))
    a = await cloud.guest(port)
    b = await cloud.guest(sample.vif(62, sample.NET_A, (sample.SUB_A, "10.1.0.62")))
    assert await call(a.pings, "10.1.0.62")
    await call(a.address, "10.1.0.99/24")
    assert not await call(a.pings, "10.1.0.62", tries=2, source="10.1.0.99")
    pair = (AddressPair("10.1.0.99", port.mac),)
    await cloud.apply(msgspec.structs.replace(port, revision=2, allowed_pairs=pair))
    assert await call(a.pings, "10.1.0.62", source="10.1.0.99")
    await call(a.run, "ip", "link", "set", a.device, "address", "fa:16:3e:66:66:66")
    await call(b.run, "ip", "neigh", "flush", "all")
    assert not await call(a.pings, "10.1.0.62", tries=2)
    await cloud.apply(msgspec.structs.replace(port, revision=3, port_security=False, security_groups=()))
    assert await call(a.pings, "10.1.0.62")


@pytest.mark.parametrize("mode", [Ipv6Mode.SLAAC, Ipv6Mode.STATELESS])
async def test_ipv6_addresses_by_advertisement(cloud: Cloud, mode: Ipv6Mode) -> None:
    await cloud.apply(*sample.networks(v6=mode), *sample.router(cloud.sandbox.name, v6=True), sample.group(ICMP6))
    guests = []
    for number in (0x3D, 0x3E):
        address = f"fd00:a::f816:3eff:fe00:{number:x}"
        port = sample.vif(number, sample.NET_A, (sample.SUB_A6, address))
        guest = await cloud.guest(port, lease=False)
        assert address in await call(_slaac, guest)
        guests.append((guest, address))
    (a, _), (_, far) = guests
    assert await call(a.pings, far)
    assert await call(a.pings, "fd00:a::1")
    assert "mtu 1442" in await call(a.run, "ip", "-6", "route", "show", "default")


def _slaac(guest: Guest) -> str:
    """The addresses that the guest's kernel took from router advertisements."""

    # A namespace's interface that was up before it was moved solicits once; ask again.
    guest.run("sysctl", "-qw", f"net.ipv6.conf.{guest.device}.accept_ra=2")
    guest.run("ip", "link", "set", guest.device, "down")
    guest.run("ip", "link", "set", guest.device, "up")
    show = ("ip", "-6", "-o", "addr", "show", "dev", guest.device, "scope", "global", "-tentative")
    return str(until(lambda: guest.run(*show), "an advertised address", 25))


async def test_status_follows_the_plug(cloud: Cloud) -> None:
    await cloud.apply(*sample.networks(), sample.group())
    heard = cloud.driver.port_status()
    first = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"))
    guest = await cloud.guest(port, lease=False)
    told = [await first]
    while not told[-1].up:
        told.append(await asyncio.wait_for(anext(heard), 10))
    assert told[-1].chassis == cloud.sandbox.name
    await call(cloud.sandbox.unplug, guest)
    while told[-1].up:
        told.append(await asyncio.wait_for(anext(heard), 10))
    await heard.aclose()
    [chassis] = await cloud.driver.chassis()
    assert chassis.alive
    assert chassis.gateway
    assert chassis.bridge_mappings == {"public": "br-ex"}


async def test_too_big_is_said_so_and_names_are_answered(cloud: Cloud) -> None:
    narrow = [
        msgspec.structs.replace(each, mtu=1400) if each.id == sample.NET_EXT else each for each in sample.networks()
    ]
    await cloud.apply(*narrow, *sample.router(cloud.sandbox.name), sample.group())
    await call(cloud.sandbox.outside)
    guest = await cloud.guest(sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"), dns_name="Gate"))
    assert await call(guest.pings, OUTSIDE, size=1400 - 28)
    told = await call(guest.run, "ping", "-c", "2", "-W", "1", "-M", "do", "-s", "1414", OUTSIDE, check=False)
    assert "mtu = 1400" in told or "mtu=1400" in told
    answer = await call(guest.run, "busybox", "nslookup", "gate.cloud.test", "9.9.9.9", check=False)
    assert "10.1.0.61" in answer


DHCPV6_CLIENT = """
import ipaddress, socket, struct, sys
device, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
option = lambda code, data: struct.pack("!HH", code, len(data)) + data
identity = option(1, struct.pack("!HH", 3, 1) + mac)
solicit = b"\\x01abc" + identity + option(3, b"\\0\\0\\0\\1" + bytes(8)) + option(8, b"\\0\\0") + option(6, b"\\0\\x17")
index = socket.if_nametoindex(device)
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(5)
s.bind(("::", 546, 0, index))
s.sendto(solicit, ("ff02::1:2", 547, 0, index))
answer = s.recv(2000)
print(answer[0], answer[1:4].decode())
for name in sys.argv[3:]:
    print(name, ipaddress.ip_address(name).packed in answer)
"""


async def test_stateful_dhcpv6_answers_with_the_ports_address(cloud: Cloud) -> None:
    await cloud.apply(
        *sample.networks(v6=Ipv6Mode.STATEFUL), *sample.router(cloud.sandbox.name, v6=True), sample.group()
    )
    # In no group at all: asking for an address needs no rule.
    port = sample.vif(0x3D, sample.NET_A, (sample.SUB_A6, "fd00:a::77"), security_groups=())
    guest = await cloud.guest(port, lease=False)
    settled = ("ip", "-6", "-o", "addr", "show", "dev", guest.device, "scope", "link", "-tentative")
    await call(until, lambda: guest.run(*settled), "the guest has its link-local address")
    told = await call(
        guest.run, sys.executable, "-c", DHCPV6_CLIENT, guest.device, port.mac, "fd00:a::77", "fd00:a::53"
    )
    assert told.split() == ["2", "abc", "fd00:a::77", "True", "fd00:a::53", "True"]
