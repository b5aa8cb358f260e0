"""What every network backend does alike."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pileus.network.backend.protocol import ParentMissingError
from pileus.network.backend.wanted import FixedIP, Kind, Ref, WantedNetwork, WantedPort, ref_of


def revisions(objects: list[Any]) -> dict[Ref, int]:
    return {ref_of(wanted): wanted.revision for wanted in objects}


async def test_nothing_at_first(backend: Any) -> None:
    assert await backend.inventory() == {}
    assert await backend.ports_up() == {}


async def test_inventory_is_what_was_applied_in_any_order(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    assert await backend.inventory() == revisions(cloud)
    await backend.apply(list(reversed(cloud)))
    assert await backend.inventory() == revisions(cloud)


async def test_new_revision_replaces_and_old_one_too(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    for revision in (50, 2):
        newer = [msgspec.structs.replace(wanted, revision=revision) for wanted in cloud]
        await backend.apply(newer)
        assert await backend.inventory() == revisions(newer)


async def test_remove_is_idempotent_and_takes_dependents(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    await backend.remove([Ref(Kind.PORT, "never-was"), Ref(Kind.NETWORK, "nor-this")])
    assert await backend.inventory() == revisions(cloud)
    for _ in range(2):
        await backend.remove([Ref(Kind.ROUTER, "r1"), Ref(Kind.NETWORK, "n1")])
        left = {ref.id for ref in await backend.inventory()}
        assert left == {"ext", "g1"}
    await backend.remove([ref_of(wanted) for wanted in cloud])
    assert await backend.inventory() == {}


async def test_comes_back_after_removal(backend: Any, cloud: list[Any]) -> None:
    for _ in range(2):
        await backend.apply(cloud)
        assert await backend.inventory() == revisions(cloud)
        await backend.remove([ref_of(wanted) for wanted in cloud])


async def test_orphans_are_named_and_the_rest_is_applied(backend: Any) -> None:
    network = WantedNetwork(id="n1", revision=1, mtu=1442)
    orphan = WantedPort(id="lost", revision=1, network_id="nowhere", mac="fa:16:3e:00:00:09")
    with pytest.raises(ParentMissingError) as caught:
        await backend.apply([orphan, network])
    assert caught.value.refs == (Ref(Kind.PORT, "lost"),)
    assert await backend.inventory() == revisions([network])


async def test_many_callers_at_once(backend: Any) -> None:
    await backend.apply([WantedNetwork(id="n1", revision=1, mtu=1442)])
    ports = [
        WantedPort(
            id=f"p{at}",
            revision=at + 1,
            network_id="n1",
            mac=f"fa:16:3e:00:01:{at:02x}",
            fixed_ips=(FixedIP("s1", f"10.0.0.{at + 10}"),),
        )
        for at in range(60)
    ]
    await asyncio.gather(*(backend.apply([port]) for port in ports))
    found = await backend.inventory()
    assert {ref: found[ref] for ref in revisions(ports)} == revisions(ports)
    await asyncio.gather(*(backend.remove([ref_of(port)]) for port in ports))
    assert list(await backend.inventory()) == [Ref(Kind.NETWORK, "n1")]


async def test_wait_applied_returns(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    await backend.wait_applied([ref_of(wanted) for wanted in cloud], 10)


async def test_unplugged_ports_are_down_and_machinery_is_not_listed(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    await backend.wait_applied([], 10)
    for _ in range(50):
        status = await backend.ports_up()
        if status:
            break
        await asyncio.sleep(0.1)
    assert set(status) == {"p1"}
    assert not status["p1"].up
    assert status["p1"].chassis is None


async def test_removed_port_is_told_of(backend: Any, cloud: list[Any]) -> None:
    await backend.apply(cloud)
    await backend.wait_applied([], 10)
    changes = backend.port_status()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0.2)
    await backend.remove([Ref(Kind.PORT, "p1")])
    told = await asyncio.wait_for(first, 10)
    assert (told.port_id, told.up, told.gone) == ("p1", False, True)
    await changes.aclose()
