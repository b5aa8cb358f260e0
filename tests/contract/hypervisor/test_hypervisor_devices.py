"""Plugging NICs and disks, freezing, looking inside: the same for every driver that can."""

import uuid

import pytest
from msgspec.structs import replace

from pileus.host.hypervisor.errors import DetachTimedOut, DeviceNotFound, DomainConflict, InvalidPowerState
from pileus.host.hypervisor.protocol import Consoles, Diagnosable, DiskPluggable, Pausable
from pileus.host.hypervisor.spec import Disk, FileSource, Graphics, Nic
from pileus.host.hypervisor.status import PowerState


def nic(bench, number: int) -> Nic:
    return Nic(port_id=str(uuid.uuid4()), mac=f"fa:16:3e:00:77:{number:02x}", bridge=bench.bridge, mtu=1442)


async def macs(bench, server_id: str) -> list[str]:
    return [n.mac for n in (await bench.driver.diagnostics(server_id)).nics]


async def test_a_server_has_its_nics_in_order(bench):
    nics = tuple(nic(bench, n) for n in (9, 3, 5))
    spec = bench.spec(nics=nics)
    await bench.driver.spawn(spec)
    assert await macs(bench, spec.id) == [n.mac for n in nics]


async def test_a_nic_comes_and_goes_while_stopped(bench):
    spec = bench.spec(nics=(nic(bench, 1),))
    await bench.driver.spawn(spec)
    await bench.driver.stop(spec.id, 0)
    second = nic(bench, 2)
    await bench.driver.attach_nic(spec.id, second)
    await bench.driver.attach_nic(spec.id, second)
    await bench.driver.detach_nic(spec.id, spec.nics[0].port_id)
    await bench.driver.detach_nic(spec.id, spec.nics[0].port_id)
    await bench.driver.start(spec.id)
    assert await macs(bench, spec.id) == [second.mac]


async def test_a_nic_is_plugged_into_a_running_server_and_stays_after_a_restart(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    late = nic(bench, 4)
    await bench.driver.attach_nic(spec.id, late)
    await bench.driver.attach_nic(spec.id, late)
    assert await macs(bench, spec.id) == [late.mac]
    await bench.driver.reboot(spec.id, hard=True)
    assert await macs(bench, spec.id) == [late.mac]


async def test_a_guest_that_keeps_a_nic_is_reported(bench):
    spec = bench.spec(nics=(nic(bench, 6),))
    await bench.driver.spawn(spec)
    with pytest.raises(DetachTimedOut):
        await bench.driver.detach_nic(spec.id, spec.nics[0].port_id, timeout=0.001)
    assert await macs(bench, spec.id) == [spec.nics[0].mac]


async def test_disks_come_and_go(bench):
    assert isinstance(bench.driver, DiskPluggable)
    spec = bench.spec()
    await bench.driver.spawn(spec)
    disk = Disk(source=FileSource(str(bench.make_disk(f"{spec.id}/vol"))), target="vdb", serial="vol-1")
    await bench.driver.attach_disk(spec.id, disk)
    await bench.driver.attach_disk(spec.id, disk)
    other = replace(disk, source=FileSource(str(bench.make_disk(f"{spec.id}/other"))))
    with pytest.raises(DomainConflict):
        await bench.driver.attach_disk(spec.id, other)
    assert [d.target for d in (await bench.driver.diagnostics(spec.id)).disks] == ["vda", "vdb"]
    await bench.driver.stop(spec.id, 0)
    await bench.driver.detach_disk(spec.id, "vdb")
    await bench.driver.detach_disk(spec.id, "vdb")
    await bench.driver.start(spec.id)
    assert [d.target for d in (await bench.driver.diagnostics(spec.id)).disks] == ["vda"]


async def test_freezing_and_thawing(bench):
    assert isinstance(bench.driver, Pausable)
    spec = bench.spec()
    await bench.driver.spawn(spec)

    async def now() -> PowerState:
        return next(d.state for d in await bench.driver.domains() if d.id == spec.id)

    for _ in range(2):
        await bench.driver.pause(spec.id)
        assert await now() is PowerState.PAUSED
    with pytest.raises(InvalidPowerState):
        await bench.driver.start(spec.id)
    for _ in range(2):
        await bench.driver.unpause(spec.id)
        assert await now() is PowerState.RUNNING
    for _ in range(2):
        await bench.driver.suspend(spec.id)
        assert await now() is PowerState.SUSPENDED
    for _ in range(2):
        await bench.driver.resume(spec.id)
        assert await now() is PowerState.RUNNING
    await bench.driver.suspend(spec.id)
    await bench.driver.destroy(spec.id)
    assert await bench.driver.domains() == []


async def test_a_stopped_server_cannot_be_frozen_or_looked_into(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    await bench.driver.stop(spec.id, 0)
    for call in (
        bench.driver.pause(spec.id),
        bench.driver.suspend(spec.id),
        bench.driver.diagnostics(spec.id),
        bench.driver.vnc_endpoint(spec.id),
        bench.driver.serial_endpoint(spec.id),
    ):
        with pytest.raises(InvalidPowerState):
            await call


async def test_diagnostics(bench):
    assert isinstance(bench.driver, Diagnosable)
    spec = bench.spec()
    await bench.driver.spawn(spec)
    seen = await bench.driver.diagnostics(spec.id)
    assert seen.state is PowerState.RUNNING
    assert len(seen.cpus) == 1
    assert seen.memory_max_mib == 64
    assert [d.target for d in seen.disks] == ["vda"]


async def test_consoles(bench):
    assert isinstance(bench.driver, Consoles)
    spec = bench.spec()
    await bench.driver.spawn(spec)
    vnc = await bench.driver.vnc_endpoint(spec.id)
    assert vnc.host == "127.0.0.1"
    assert vnc.port >= 5900
    assert (await bench.driver.serial_endpoint(spec.id)).path == spec.serial_socket


async def test_absent_consoles(bench):
    spec = bench.spec(graphics=Graphics(vnc_listen=""), serial_socket="")
    await bench.driver.spawn(spec)
    with pytest.raises(DeviceNotFound):
        await bench.driver.vnc_endpoint(spec.id)
    with pytest.raises(DeviceNotFound):
        await bench.driver.serial_endpoint(spec.id)
