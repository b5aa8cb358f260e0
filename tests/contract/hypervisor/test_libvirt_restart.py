"""What only a driver with a daemon behind it can go through: the daemon dies and comes back."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pileus.host.hypervisor.errors import HypervisorUnavailable
from pileus.host.hypervisor.libvirt.driver import LibvirtHypervisor
from pileus.host.hypervisor.spec import ServerSpec
from pileus.host.hypervisor.status import EventKind, PowerState

pytestmark = [pytest.mark.root, pytest.mark.slow]

SERVER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
async def driver(private_host) -> AsyncIterator[LibvirtHypervisor]:
    made = private_host.driver("tcg", patience=5.0)
    await made.spawn(ServerSpec(id=SERVER, name="survivor", vcpus=1, memory_mib=64))
    yield made
    await made.destroy(SERVER)
    await made.close()


async def test_calls_wait_for_a_short_gap_and_the_guest_survives(private_host, driver):
    stream = driver.events()
    private_host.kill_libvirtd()
    waiting = asyncio.create_task(driver.domains())
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await asyncio.to_thread(private_host.start_libvirtd)
    assert [(d.id, d.state) for d in await waiting] == [(SERVER, PowerState.RUNNING)]
    async with asyncio.timeout(5):
        assert (await anext(stream)).kind is EventKind.MISSED
    await driver.stop(SERVER, 0)
    async with asyncio.timeout(5):
        assert (await anext(stream)).kind is EventKind.STOPPED


async def test_a_long_gap_is_reported_and_forgotten_when_over(private_host, driver):
    impatient = private_host.driver("tcg", patience=0.5)
    await impatient.domains()
    private_host.kill_libvirtd()
    try:
        with pytest.raises(HypervisorUnavailable):
            await impatient.domains()
    finally:
        await asyncio.to_thread(private_host.start_libvirtd)
    async with asyncio.timeout(10):
        while True:
            try:
                assert [d.id for d in await impatient.domains()] == [SERVER]
                break
            except HypervisorUnavailable:
                continue
    await impatient.close()


async def test_nobody_at_home(tmp_path: Path):
    uri = f"qemu+unix:///system?socket={tmp_path}/nothing"
    lonely = LibvirtHypervisor(uri, storage=tmp_path, checksum_offload=True, patience=0.3)
    with pytest.raises(HypervisorUnavailable, match="nothing"):
        await lonely.domains()
    await lonely.close()


async def test_a_killed_guest_is_heard_and_seen_as_crashed(private_host, driver):
    stream = driver.events()
    await driver.domains()
    found = subprocess.run(["pgrep", "-f", f"uuid {SERVER}"], check=True, capture_output=True, text=True)
    subprocess.run(["kill", "-9", *found.stdout.split()], check=True)
    async with asyncio.timeout(10):
        assert (await anext(stream)).kind is EventKind.CRASHED
    assert [d.state for d in await driver.domains()] == [PowerState.CRASHED]
    await driver.start(SERVER)
    assert [d.state for d in await driver.domains()] == [PowerState.RUNNING]


async def test_screenshot(driver):
    assert (await driver.screenshot(SERVER))[:2] in (b"P6", b"\x89P")
