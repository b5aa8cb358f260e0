"""What is special to the simulated hypervisor: planned failures, memory over restarts, cheapness."""

import tracemalloc
import uuid

import pytest

from pileus.host.hypervisor.errors import HypervisorUnavailable
from pileus.host.hypervisor.spec import Nic, ServerSpec
from pileus.host.hypervisor.status import EventKind, PowerState
from pileus.kernel.clock import SystemClock
from pileus.simulated.hypervisor.driver import SimulatedHypervisor
from pileus.simulated.hypervisor.faults import Faults
from pileus.simulated.hypervisor.ledger import Ledger
from pileus.simulated.hypervisor.machine import Latency, machine


def spec(name: str = "instance-1") -> ServerSpec:
    port = Nic(port_id=str(uuid.uuid4()), mac="fa:16:3e:00:00:01")
    return ServerSpec(id=str(uuid.uuid4()), name=name, vcpus=1, memory_mib=64, nics=(port,))


def unavailable() -> Exception:
    return HypervisorUnavailable("planned")


async def test_the_nth_call_fails_before_it_does_anything():
    faults = Faults()
    driver = SimulatedHypervisor(machine("h"), faults=faults)
    faults.fail("spawn", unavailable, nth=2)
    await driver.spawn(spec("a"))
    with pytest.raises(HypervisorUnavailable):
        await driver.spawn(spec("b"))
    await driver.spawn(spec("c"))
    assert len(await driver.domains()) == 2


async def test_a_lost_answer_leaves_the_effect():
    faults = Faults()
    driver = SimulatedHypervisor(machine("h"), faults=faults)
    faults.fail("spawn", unavailable, when="after")
    one = spec()
    with pytest.raises(HypervisorUnavailable):
        await driver.spawn(one)
    assert len(await driver.domains()) == 1
    await driver.spawn(one)


async def test_every_call_fails_until_cleared():
    faults = Faults()
    driver = SimulatedHypervisor(machine("h"), faults=faults)
    faults.fail("domains", unavailable, nth=0)
    for _ in range(3):
        with pytest.raises(HypervisorUnavailable):
            await driver.domains()
    faults.clear()
    assert await driver.domains() == []


async def test_domains_are_found_again_after_a_restart(tmp_path):
    ledger = Ledger(tmp_path / "domains.db")
    driver = SimulatedHypervisor(machine("h"), ledger=ledger)
    one, two = spec("a"), spec("b")
    await driver.spawn(one)
    await driver.spawn(two)
    await driver.stop(one.id, 0)
    # No close: a killed process does not close either.
    again = SimulatedHypervisor(machine("h"), ledger=Ledger(tmp_path / "domains.db"))
    found = {d.id: d.state for d in await again.domains()}
    assert found == {one.id: PowerState.SHUTDOWN, two.id: PowerState.RUNNING}
    assert b"boot 1" in await again.console_log(two.id, 10_000)
    await again.destroy(two.id)
    third = SimulatedHypervisor(machine("h"), ledger=Ledger(tmp_path / "domains.db"))
    assert [d.id for d in await third.domains()] == [one.id]
    other = SimulatedHypervisor(machine("other"), ledger=Ledger(tmp_path / "domains.db"))
    assert await other.domains() == []


async def test_it_waits_as_long_as_told():
    waited: list[float] = []

    class Noting(SystemClock):
        async def sleep(self, seconds: float) -> None:
            waited.append(seconds)

    latency = Latency(spawn=2.0, shutdown=3.0, power_off=0.5)
    driver = SimulatedHypervisor(machine("h"), latency=latency, clock=Noting())
    one = spec()
    await driver.spawn(one)
    await driver.stop(one.id, 60)
    await driver.start(one.id)
    await driver.stop(one.id, 1.0)
    assert waited == [2.0, 3.0, 1.5]


async def test_a_crash_is_heard_and_seen():
    driver = SimulatedHypervisor(machine("h"))
    one = spec()
    await driver.spawn(one)
    stream = driver.events()
    driver.crash(one.id)
    assert (await anext(stream)).kind is EventKind.CRASHED
    assert (await driver.domains())[0].state is PowerState.CRASHED
    await driver.start(one.id)


async def test_a_slow_listener_is_told_that_it_missed_something():
    driver = SimulatedHypervisor(machine("h"))
    one = spec()
    await driver.spawn(one)
    stream = driver.events()
    for _ in range(600):
        await driver.pause(one.id)
        await driver.unpause(one.id)
    await driver.close()
    heard = [event.kind async for event in stream]
    assert heard[0] is EventKind.MISSED
    assert heard[-1] is EventKind.RESUMED
    assert len(heard) < 1000


async def test_ten_thousand_hosts_are_cheap():
    tracemalloc.start()
    hosts = [SimulatedHypervisor(machine(f"h{n}")) for n in range(10_000)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 40 * 2**20
    assert all([await host.domains() == [] for host in hosts[::1000]])
