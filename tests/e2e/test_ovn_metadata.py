"""The metadata service of a host, asked by guests: who is told what, and what is left when they go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e import ovn_cloud as sample
from tests.e2e.ovn_sandbox import OvnSandbox, until
from tests.e2e.test_ovn_dataplane import Cloud, call

from pileus.host.chassis import namespaces
from pileus.host.chassis.http import MetadataServer
from pileus.host.chassis.local import SouthboundNetworks
from pileus.host.chassis.metadata import MetadataAgent, MetadataFailedError
from pileus.host.chassis.source import MetadataRequest, MetadataResponse, mac_of_link_local
from pileus.host.chassis.status import ChassisHealth
from pileus.host.chassis.switch import Switch
from pileus.network.backend.ovn import OvnBackend
from pileus.network.backend.wanted import FixedIP, Ipv6Mode, PortKind, WantedPort

pytestmark = [pytest.mark.root, pytest.mark.slow]

HTTP = ["curl", "-s", "-m", "5"]


class WhoAreYou:
    """Tells guests who they seem to be."""

    async def answer(self, network_id: str, source_ip: str, request: MetadataRequest) -> MetadataResponse:
        return MetadataResponse(200, f"{network_id} {source_ip} {request.target}".encode())


class Host:
    """The agent of the sandbox's only host."""

    def __init__(self, sandbox: OvnSandbox, networks: SouthboundNetworks) -> None:
        self.prefix = f"{sandbox.tag}-md-"
        self.switch = Switch(sandbox.switch)
        self.networks = networks
        self.server = MetadataServer(WhoAreYou())
        self.agent = MetadataAgent(
            networks,
            self.switch,
            self.server,
            prefix=self.prefix,
            switch_namespace=Path("/run/netns") / sandbox.namespace,
        )

    def namespaces(self) -> list[str]:
        return namespaces.names(self.prefix)


@pytest.fixture
async def host(ovn_sandbox: OvnSandbox) -> AsyncIterator[Host]:
    networks = await SouthboundNetworks.connect(ovn_sandbox.southbound, ovn_sandbox.name)
    host = Host(ovn_sandbox, networks)
    yield host
    await host.agent.clear()
    await networks.close()
    assert host.namespaces() == []


async def settle(host: Host) -> None:
    """Rounds until one leaves nothing undone; what was broken may take more than one."""
    for _ in range(5):
        with contextlib.suppress(MetadataFailedError):
            await host.agent.converge()
            return
        await asyncio.sleep(0.5)
    await host.agent.converge()


async def test_guests_are_answered_as_who_they_are(ovn_sandbox: OvnSandbox, ovn: OvnBackend, host: Host) -> None:
    cloud = Cloud(ovn_sandbox, ovn)
    await cloud.apply(*sample.networks(v6=Ipv6Mode.SLAAC), *sample.router(ovn_sandbox.name, v6=True), sample.group())
    assert await host.agent.converge() == 0
    port = sample.vif(0x3D, sample.NET_A, (sample.SUB_A, "10.1.0.61"), (sample.SUB_A6, "fd00:a::f816:3eff:fe00:3d"))
    guest = await cloud.guest(port)
    assert await host.agent.converge() == 2
    assert host.agent.serving == {sample.NET_A}
    forged = ["-H", "X-Forwarded-For: 10.1.0.99", "-H", "X-Instance-ID: other"]
    told = await call(guest.run, *HTTP, *forged, "http://169.254.169.254/latest")
    assert told == f"{sample.NET_A} 10.1.0.61 /latest"
    settled = ("ip", "-6", "-o", "addr", "show", "dev", guest.device, "scope", "link", "-tentative")
    await call(until, lambda: guest.run(*settled), "the guest has its link-local address")
    told6 = await call(guest.run, *HTTP, f"http://[fe80::a9fe:a9fe%25{guest.device}]/openstack")
    network, source, target = told6.split()
    assert (network, target) == (sample.NET_A, "/openstack")
    assert mac_of_link_local(source) == port.mac
    # Repeating it changes nothing; a new process takes over what the last one left.
    before = await host.switch.ports()
    assert await host.agent.converge() == 0
    assert await host.switch.ports() == before
    await host.agent.close()
    assert (await call(guest.run, *HTTP, "http://169.254.169.254/", check=False)) == ""
    await host.agent.converge()
    assert (await call(guest.run, *HTTP, "http://169.254.169.254/")).split()[1] == "10.1.0.61"


async def test_two_networks_with_the_same_addresses(ovn_sandbox: OvnSandbox, ovn: OvnBackend, host: Host) -> None:
    cloud = Cloud(ovn_sandbox, ovn)
    twin = WantedPort(
        id=sample.ident(42),
        revision=1,
        network_id=sample.NET_B,
        mac=sample.mac(4),
        kind=PortKind.METADATA,
        fixed_ips=(FixedIP(sample.SUB_B, "10.2.0.2"),),
    )
    await cloud.apply(*sample.networks(), twin, sample.group())
    a = await cloud.guest(sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61")))
    b = await cloud.guest(sample.vif(62, sample.NET_B, (sample.SUB_B, "10.2.0.61")))
    await host.agent.converge()
    assert len(host.namespaces()) == 2
    assert (await call(a.run, *HTTP, "http://169.254.169.254/")).startswith(f"{sample.NET_A} 10.1.0.61")
    assert (await call(b.run, *HTTP, "http://169.254.169.254/")).startswith(f"{sample.NET_B} 10.2.0.61")
    # The last guest of a network goes, and its metadata service with it; the other one stays.
    await call(ovn_sandbox.unplug, a)
    for _ in range(50):
        await host.agent.converge()
        if len(host.agent.serving) == 1:
            break
        await asyncio.sleep(0.1)
    assert host.namespaces() == [host.prefix + sample.NET_B]
    assert (await call(b.run, *HTTP, "http://169.254.169.254/")).startswith(sample.NET_B)
    # Lost pieces are put back.
    await call(namespaces.remove, host.prefix + sample.NET_B)
    await settle(host)
    assert (await call(b.run, *HTTP, "http://169.254.169.254/")).startswith(sample.NET_B)


async def test_switch_that_was_killed_is_followed(ovn_sandbox: OvnSandbox, ovn: OvnBackend, host: Host) -> None:
    cloud = Cloud(ovn_sandbox, ovn)
    await cloud.apply(*sample.networks(), sample.group())
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"))
    guest = await cloud.guest(port)
    await host.agent.converge()
    await call(ovn_sandbox.restart_vswitchd, guest, port.mac)
    await settle(host)
    assert host.agent.serving == {sample.NET_A}
    await cloud.driver.wait_applied([], 20)
    await call(guest.lease)
    told = await call(guest.run, *HTTP, "http://169.254.169.254/")
    assert told.startswith(f"{sample.NET_A} 10.1.0.61")


async def test_daemons_are_looked_at_and_stale_ports_removed(ovn_sandbox: OvnSandbox, host: Host) -> None:
    folder = ovn_sandbox.folder
    controls = {"ovs-vswitchd": folder / "vswitchd.ctl", "ovn-controller": folder / "controller.pid"}
    health = ChassisHealth(host.switch, controls)
    assert {each.name: each.answers for each in await health.check()} == dict.fromkeys(controls, True)
    ovn_sandbox.vsctl("add-port", "br-int", "vnet77", "--", "set", "Interface", "vnet77", "external_ids:iface-id=gone")
    assert await health.remove_stale_ports() == ["vnet77"]
    assert await health.remove_stale_ports() == []
    broken = ChassisHealth(host.switch, {"ovn-controller": folder / "absent.pid"})
    [status] = await broken.check()
    assert not status.answers
