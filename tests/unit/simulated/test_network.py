"""The simulated network's own abilities: plugging, dying hosts, told failures, size."""

from __future__ import annotations

import asyncio
import time

import pytest

from pileus.network.backend.protocol import DAMAGED, BackendUnavailableError
from pileus.network.backend.wanted import Kind, Ref, WantedNetwork, WantedPort
from pileus.simulated.network import SimulatedNetwork

NETWORK = WantedNetwork(id="n", revision=1, mtu=1500)
PORT = WantedPort(id="p", revision=1, network_id="n", mac="fa:16:3e:00:00:01")


async def test_plugged_port_comes_up_and_follows_its_host() -> None:
    network = SimulatedNetwork(["a", "b"])
    heard = network.port_status()
    waiting = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    await network.apply([NETWORK, PORT])
    assert not (await waiting).up
    network.plug("p", "a")
    assert (await anext(heard)).chassis == "a"
    network.set_host("a", alive=False)
    assert not (await anext(heard)).up
    assert [each.alive for each in await network.chassis()] == [False, True]


async def test_port_bound_elsewhere_stays_down() -> None:
    network = SimulatedNetwork(["a", "b"])
    await network.apply([NETWORK, WantedPort(id="p", revision=1, network_id="n", mac="m", hosts=("b",))])
    network.plug("p", "a")
    assert not (await network.ports_up())["p"].up
    network.plug("p", "b")
    assert (await network.ports_up())["p"].up


async def test_failures_come_as_told_and_change_nothing() -> None:
    network = SimulatedNetwork()
    network.fail_next(BackendUnavailableError("gone"))
    with pytest.raises(BackendUnavailableError):
        await network.apply([NETWORK])
    assert await network.inventory() == {}
    await network.apply([NETWORK, PORT])
    network.damage(Ref(Kind.PORT, "p"))
    assert (await network.inventory())[Ref(Kind.PORT, "p")] == DAMAGED
    await network.apply([PORT])
    assert (await network.inventory())[Ref(Kind.PORT, "p")] == 1


async def test_ten_thousand_ports_are_cheap() -> None:
    network = SimulatedNetwork()
    await network.apply([NETWORK])
    began = time.perf_counter()
    for at in range(10_000):
        await network.apply([WantedPort(id=str(at), revision=1, network_id="n", mac="m")])
        network.plug(str(at), "simulated-1")
    assert time.perf_counter() - began < 3
    assert sum(status.up for status in (await network.ports_up()).values()) == 10_000
