"""Making, starting, stopping and removing servers: the same for every driver."""

import asyncio
import uuid

import pytest
from msgspec.structs import replace

from pileus.host.hypervisor.errors import DomainConflict, DomainNotFound, InvalidSpec, NotEnoughResources
from pileus.host.hypervisor.events import EventStream
from pileus.host.hypervisor.protocol import Hypervisor
from pileus.host.hypervisor.status import EventKind, PowerState


async def state(driver: Hypervisor, server_id: str) -> PowerState | None:
    """Look one domain up."""
    return next((d.state for d in await driver.domains() if d.id == server_id), None)


async def heard(stream: EventStream, server_id: str, kind: EventKind) -> None:
    """Wait until an event arrives."""
    async with asyncio.timeout(10):
        async for event in stream:
            if event.id == server_id and event.kind is kind:
                return
    raise AssertionError(f"the stream ended without {kind}")


async def test_is_a_hypervisor(bench):
    assert isinstance(bench.driver, Hypervisor)


async def test_capabilities(bench):
    has = await bench.driver.capabilities()
    assert has.vcpus > 0
    assert has.memory_mib > 0
    assert has.disk_gib > 0
    assert has.arch
    assert has.accel in {"kvm", "tcg"}
    assert has.hypervisor_version >= 1_000_000


async def test_spawn_runs_and_may_be_repeated(bench):
    spec = bench.spec()
    with_events = bench.driver.events()
    await bench.driver.spawn(spec)
    await heard(with_events, spec.id, EventKind.STARTED)
    assert await state(bench.driver, spec.id) is PowerState.RUNNING
    await bench.driver.spawn(spec)
    assert [d.id for d in await bench.driver.domains()] == [spec.id]
    await bench.driver.destroy(spec.id)
    await heard(with_events, spec.id, EventKind.STOPPED)
    assert await state(bench.driver, spec.id) is None
    with_events.close()


async def test_spawns_of_one_spec_at_once_make_one_domain(bench):
    spec = bench.spec()
    await asyncio.gather(*(bench.driver.spawn(spec) for _ in range(3)))
    assert [d.id for d in await bench.driver.domains()] == [spec.id]


async def test_spawn_redefines_a_stopped_domain(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    await bench.driver.stop(spec.id, 0)
    await bench.driver.spawn(replace(spec, memory_mib=80))
    assert await state(bench.driver, spec.id) is PowerState.RUNNING


async def test_a_name_belongs_to_one_domain(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    with pytest.raises(DomainConflict):
        await bench.driver.spawn(bench.spec(name=spec.name))


async def test_too_large_a_server_is_refused(bench):
    has = await bench.driver.capabilities()
    spec = bench.spec(memory_mib=has.memory_mib * 1000)
    with pytest.raises((NotEnoughResources, InvalidSpec)):
        await bench.driver.spawn(spec)
    await bench.driver.destroy(spec.id)


async def test_destroy_of_an_unknown_domain_is_fine(bench):
    await bench.driver.destroy(str(uuid.uuid4()))


async def test_unknown_domains_are_reported_as_such(bench):
    nobody = str(uuid.uuid4())
    for call in (
        bench.driver.start(nobody),
        bench.driver.stop(nobody, 0),
        bench.driver.reboot(nobody, hard=True),
        bench.driver.console_log(nobody, 100),
        bench.driver.detach_nic(nobody, str(uuid.uuid4())),
    ):
        with pytest.raises(DomainNotFound):
            await call


async def test_stop_cuts_the_power_of_a_deaf_guest(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    stream = bench.driver.events()
    await bench.driver.stop(spec.id, 1.0)
    assert await state(bench.driver, spec.id) is PowerState.SHUTDOWN
    await heard(stream, spec.id, EventKind.STOPPED)
    await bench.driver.stop(spec.id, 1.0)
    await bench.driver.start(spec.id)
    await bench.driver.start(spec.id)
    assert await state(bench.driver, spec.id) is PowerState.RUNNING
    stream.close()


@pytest.mark.parametrize("hard", [True, False])
async def test_reboot_goes_down_and_up(bench, hard):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    stream = bench.driver.events()
    await bench.driver.reboot(spec.id, hard=hard, grace=1.0)
    await heard(stream, spec.id, EventKind.STOPPED)
    await heard(stream, spec.id, EventKind.STARTED)
    assert await state(bench.driver, spec.id) is PowerState.RUNNING
    stream.close()


async def test_reboot_starts_a_stopped_domain(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    await bench.driver.stop(spec.id, 0)
    await bench.driver.reboot(spec.id, hard=False, grace=1.0)
    assert await state(bench.driver, spec.id) is PowerState.RUNNING


async def test_destroy_of_a_stopped_domain(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    await bench.driver.stop(spec.id, 0)
    await bench.driver.destroy(spec.id)
    await bench.driver.destroy(spec.id)
    assert await bench.driver.domains() == []


async def test_console_log_is_there_and_bounded(bench):
    spec = bench.spec()
    await bench.driver.spawn(spec)
    async with asyncio.timeout(20):
        while not (log := await bench.driver.console_log(spec.id, 100_000)):
            await asyncio.sleep(0.1)
    assert len(await bench.driver.console_log(spec.id, 10)) == min(10, len(log))
    assert await bench.driver.console_log(spec.id, 0) == b""


async def test_closing_ends_the_streams(bench):
    stream = bench.driver.events()
    stream.close()
    assert [event async for event in stream] == []
