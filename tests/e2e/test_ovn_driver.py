"""The OVN driver when things are changed behind its back, restarted under it, or many."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from tests.e2e import ovn_cloud as sample
from tests.e2e.ovn_sandbox import OvnSandbox

from pileus.network.backend.ovn import OvnBackend
from pileus.network.backend.protocol import (
    DAMAGED,
    BackendRefusedError,
    BackendUnavailableError,
    NotAppliedError,
)
from pileus.network.backend.wanted import Kind, Ref, Wanted, WantedPort, WantedSubnet, ref_of

pytestmark = [pytest.mark.root, pytest.mark.slow]


def everything(chassis: str) -> list[Wanted]:
    port = sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"), dns_name="one")
    return [
        *sample.networks(),
        *sample.router(chassis),
        sample.group(sample.rule(81, sample.Direction.INGRESS, 4, protocol="icmp")),
        port,
        sample.floating(port, "198.51.100.20"),
    ]


DAMAGE = {
    "rule weakened": ("set", "ACL", "{rule}", 'match="ip4"'),
    "port left its groups": ("clear", "Port_Group", "pileus_drop", "ports"),
    "wall broken": ("acl-del", "pileus_drop", "to-lport"),
    "memory lost": ("remove", "Logical_Router", sample.ROUTER, "external_ids", "pileus\\:wanted"),
    "spoofing allowed": ("lsp-set-port-security", sample.ident(61)),
    "lease changed": ("dhcp-options-set-options", "{dhcp}", "lease_time=5"),
    "route lost": ("lr-route-del", sample.ROUTER),
    "translation lost": ("lr-nat-del", sample.ROUTER, "snat"),
    "gateway moved": ("lrp-del-gateway-chassis", f"lrp-{sample.LEG_EXT}", "chassis-1"),
    "cable pulled": ("lsp-del", f"localnet-{sample.NET_EXT}"),
    "names lost": ("clear", "Logical_Switch", sample.NET_A, "dns_records"),
    "port gone": ("lsp-del", sample.ident(61)),
    "network gone": ("ls-del", sample.NET_A),
}


@pytest.mark.parametrize("kind", DAMAGE)
async def test_damage_is_seen_and_repaired(ovn_sandbox: OvnSandbox, ovn: OvnBackend, kind: str) -> None:
    wanted = everything(ovn_sandbox.name)
    whole = {ref_of(each): each.revision for each in wanted}
    await ovn.apply(wanted)
    found = {
        "rule": ovn_sandbox.nbctl("--bare", "--columns=_uuid", "find", "ACL", "action=allow-related").split()[0],
        "dhcp": ovn_sandbox.nbctl("--bare", "--columns=_uuid", "find", "DHCP_Options", 'cidr="10.1.0.0/24"').strip(),
    }
    ovn_sandbox.nbctl(*(each.format(**found) for each in DAMAGE[kind]))
    seen = whole
    for _ in range(30):
        seen = await ovn.inventory()
        if seen != whole:
            break
        await asyncio.sleep(0.1)
    wrong = [each for each in wanted if seen.get(ref_of(each)) != each.revision]
    assert wrong
    assert all(revision in (DAMAGED, whole[ref]) for ref, revision in seen.items())
    await ovn.apply(wrong)
    assert await ovn.inventory() == whole


async def test_rows_of_others_are_left_alone(ovn_sandbox: OvnSandbox, ovn: OvnBackend) -> None:
    ovn_sandbox.nbctl("ls-add", "foreign", "--", "lsp-add", "foreign", "foreign-port")
    try:
        wanted = everything(ovn_sandbox.name)
        await ovn.apply(wanted)
        assert set(await ovn.inventory()) == {ref_of(each) for each in wanted}
        await ovn.remove([ref_of(each) for each in wanted])
        assert "foreign-port" in ovn_sandbox.nbctl("lsp-list", "foreign")
        assert ovn_sandbox.nbctl("ls-list").split()[1:] == ["(foreign)"]
        for table in ("DHCP_Options", "DNS", "NAT", "Logical_Router", "Logical_Router_Port"):
            assert ovn_sandbox.nbctl("--bare", "--columns=_uuid", "list", table).strip() == "", table
    finally:
        ovn_sandbox.nbctl("ls-del", "foreign")


async def test_one_refused_request_does_not_take_others_along(ovn_sandbox: OvnSandbox, ovn: OvnBackend) -> None:
    await ovn.apply(sample.networks())
    ovn_sandbox.nbctl("lsp-add", sample.NET_B, sample.ident(65))
    try:
        ports = [
            sample.vif(at, sample.NET_A, (sample.SUB_A, f"10.1.0.{at}"), security_groups=()) for at in range(61, 70)
        ]
        outcome = await asyncio.gather(*(ovn.apply([port]) for port in ports), return_exceptions=True)
        assert [type(each) for each in outcome] == [type(None)] * 4 + [BackendRefusedError] + [type(None)] * 4
        assert len(await ovn.inventory()) == len(sample.networks()) + 8
    finally:
        ovn_sandbox.nbctl("lsp-del", sample.ident(65))


async def test_a_driver_knows_a_database_that_it_finds_full(
    ovn_sandbox: OvnSandbox, ovn: OvnBackend, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restart: nothing looks damaged, and what is applied again loses nothing."""
    wanted = everything(ovn_sandbox.name)
    await ovn.apply(wanted)

    def lease() -> str:
        found = ("--bare", "--columns=options", "find", "DHCP_Options", 'cidr="10.1.0.0/24"')
        return ovn_sandbox.nbctl(*found).strip()

    before = lease()
    assert "mtu=1442" in before
    assert "classless_static_route=" in before
    with caplog.at_level("WARNING"):
        other = await OvnBackend.connect(ovn_sandbox.northbound, ovn_sandbox.southbound)
        try:
            found = await other.inventory()
            assert DAMAGED not in found.values()
            assert found == {ref_of(each): each.revision for each in wanted}
            subnets = [each for each in wanted if isinstance(each, WantedSubnet)]
            await other.apply([msgspec.structs.replace(each, revision=2) for each in subnets])
            assert lease() == before
            assert (await other.inventory())[ref_of(subnets[0])] == 2
        finally:
            await other.close()
    assert [record.getMessage() for record in caplog.records] == []


async def test_two_drivers_share_one_database(ovn_sandbox: OvnSandbox, ovn: OvnBackend) -> None:
    other = await OvnBackend.connect(ovn_sandbox.northbound, ovn_sandbox.southbound)
    try:
        networks = sample.networks()
        await ovn.apply(networks)
        await other.apply([sample.vif(61, sample.NET_A, (sample.SUB_A, "10.1.0.61"), security_groups=())])
        assert await ovn.inventory() == await other.inventory()
        options = ovn_sandbox.nbctl("get", "Logical_Switch_Port", sample.ident(61), "dhcpv4_options")
        assert options.strip() != "[]"
    finally:
        await other.close()


async def test_databases_restart_under_it(ovn_sandbox: OvnSandbox, ovn: OvnBackend) -> None:
    wanted = everything(ovn_sandbox.name)
    await ovn.apply(wanted[:4])
    for name in ("nb-db", "sb-db"):
        ovn_sandbox.stop(name)
    waiting = asyncio.ensure_future(ovn.apply(wanted))
    began = time.monotonic()
    await asyncio.sleep(0.3)
    assert time.monotonic() - began < 1, "the loop was held up"
    ovn_sandbox.start_databases()
    try:
        await waiting
    except BackendUnavailableError:
        await ovn.apply(wanted)
    assert await ovn.inventory() == {ref_of(each): each.revision for each in wanted}
    await ovn.wait_applied([], 20)


async def test_database_away_is_said_so(ovn_sandbox: OvnSandbox) -> None:
    with pytest.raises(BackendUnavailableError):
        await OvnBackend.connect("unix:/nonexistent/nb.sock", ovn_sandbox.southbound, within=1)


async def test_host_that_is_stuck_is_waited_for_and_then_given_up(ovn_sandbox: OvnSandbox) -> None:
    ovn = await OvnBackend.connect(ovn_sandbox.northbound, ovn_sandbox.southbound, heartbeat=0, grace=3)
    try:
        await ovn.wait_applied([], 20)
        ovn_sandbox.stop("controller")
        with pytest.raises(NotAppliedError) as caught:
            await ovn.wait_applied([], 1)
        assert caught.value.waiting_for == (ovn_sandbox.name,)
        await ovn.wait_applied([], 10)
        [chassis] = await ovn.chassis()
        assert not chassis.alive
        ovn_sandbox.start_controller()
        for _ in range(100):
            if (await ovn.chassis())[0].alive:
                break
            await asyncio.sleep(0.1)
        assert (await ovn.chassis())[0].alive
    finally:
        await ovn.close()


async def test_many_ports(ovn: OvnBackend) -> None:
    """Two thousand ports, one call each; the bound is wide, the figure is printed."""
    await ovn.apply([*sample.networks(), sample.group()])
    ports = [
        WantedPort(
            id=f"00000000-0000-4000-9000-{at:012x}",
            revision=1,
            network_id=sample.NET_A,
            mac=f"fa:16:3e:01:{at >> 8:02x}:{at & 255:02x}",
            fixed_ips=(sample.FixedIP(sample.SUB_A, f"10.1.{at >> 8}.{at & 255}"),),
            security_groups=(sample.GROUP,),
        )
        for at in range(2000)
    ]
    began = time.monotonic()
    await asyncio.gather(*(ovn.apply([port]) for port in ports))
    applied = time.monotonic()
    found = await ovn.inventory()
    read = time.monotonic()
    slowest = 0.0
    for port in ports[:20]:
        start = time.monotonic()
        await ovn.remove([ref_of(port)])
        await ovn.apply([port])
        slowest = max(slowest, time.monotonic() - start)
    print(f"apply {applied - began:.2f} s, inventory {read - applied:.2f} s, slowest of one {slowest:.3f} s")
    assert sum(ref.kind is Kind.PORT for ref in found) == 2001
    assert Ref(Kind.PORT, ports[0].id) in found
    assert applied - began < 20
    assert slowest < 1
