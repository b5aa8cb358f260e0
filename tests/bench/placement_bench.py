"""How long candidates take: `python -m tests.bench.placement_bench`, figures as JSON on standard output.

Each cloud has so many hosts, flat or with eight devices below each, in one SQLite file.  A request goes through the
whole application (HTTP parsing by a server excluded); times are this process's on the processor, so that what else runs
on the machine does not count.  "idle" asks again and again of an unchanged cloud; "busy" claims
something before each request, so that the snapshot has to follow.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from pileus.kernel.auth.caller import SYSTEM, Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.store import METADATA
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World
from pileus.placement.providers.table import INVENTORIES, PROVIDER_TRAITS, PROVIDERS
from pileus.placement.wiring import wire

HOST = {"VCPU": 64, "MEMORY_MB": 262144, "DISK_GB": 4000}
DEVICES = 8
QUERIES = {
    "flat": "resources=VCPU:2,MEMORY_MB:4096,DISK_GB:40&required=HW_CPU_X86_AVX2",
    "flat, limit 1000": "resources=VCPU:2,MEMORY_MB:4096,DISK_GB:40&limit=1000",
    "device": "resources=VCPU:2,MEMORY_MB:4096&resources_1=VGPU:1&limit=1000",
    "four devices apart": "resources=VCPU:2&resources_1=VGPU:1&resources_2=VGPU:1&resources_3=VGPU:1&resources_4=VGPU:1"
    "&group_policy=isolate&limit=1000",
}


class Anybody:
    """Takes every token for an administrator's."""

    async def authenticate(self, token: str) -> Caller:
        """The administrator."""
        return Caller(user_id="u", project_id="p", roles=SYSTEM.roles, is_admin=True)


def rows_of(world: World, hosts: int, devices: int) -> tuple[list[Any], list[Any], list[Any]]:
    """Rows of providers, inventories and traits."""
    now, chance = world.clock.now() - timedelta(days=1), world.ids.random()
    providers, inventories, traits = [], [], []

    def add(name: str, root: str | None, amounts: dict[str, int]) -> str:
        uid = world.ids.uuid()
        times = {"created_at": now, "updated_at": now}
        row = {"uuid": uid, "name": name, "generation": 0, "root": root or uid, "parent": root, **times}
        providers.append({**row, "stamp": chance.getrandbits(40)})
        for kind, total in amounts.items():
            sizes = {"total": total, "reserved": 0, "min_unit": 1, "max_unit": total, "step_size": 1}
            inventories.append({"provider": uid, "resource_class": kind, "allocation_ratio": 1.0, **sizes, **times})
        return uid

    for number in range(hosts):
        host = add(f"host{number}", None, HOST)
        traits += [{"provider": host, "trait": trait} for trait in ("HW_CPU_X86_AVX2", "COMPUTE_NODE")]
        for device in range(devices):
            add(f"host{number}-{device}", host, {"VGPU": 1})
    return providers, inventories, traits


async def measure(hosts: int, devices: int, rounds: int) -> dict[str, Any]:
    """Milliseconds by query, idle and busy."""
    world, signals = World(), Signals()
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "db", durable=False, prepare=METADATA.create_all)
        await store.start()
        engine, loops = Engine(store, world, signals, node="n"), Loops(world, signals)
        parts = Parts(Path(folder), "R", None, "n", store, world, signals, engine, loops, MemoryTransport())
        service = wire(parts)
        providers, inventories, traits = rows_of(world, hosts, devices)
        async with store.write() as tx:
            for table, rows in ((PROVIDERS, providers), (INVENTORIES, inventories), (PROVIDER_TRAITS, traits)):
                await tx.insert(insert(table), rows)
        application = Application([service.api], store, world, Anybody())
        headers = {"X-Auth-Token": "t", "OpenStack-API-Version": "placement 1.39"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://cloud", headers=headers) as client:
            found = await _figures(client, service, store, world, providers, devices, rounds)
        await store.stop()
    return found


async def _figures(
    client: httpx.AsyncClient, service: Any, store: Any, world: World, providers: list[Any], devices: int, rounds: int
) -> dict[str, Any]:
    async def ask(query: str) -> tuple[float, int]:
        start = time.process_time()
        answer = await client.get(f"/placement/allocation_candidates?{query}")
        took = (time.process_time() - start) * 1000
        assert answer.status_code == 200, answer.text
        return took, len(answer.content)

    async def claim(number: int) -> None:
        host = providers[number * (devices + 1)]["uuid"]
        async with store.write() as tx:
            await service.claim(tx, world.ids.uuid(), {host: {"VCPU": 1}}, project_id="p", user_id="u")

    start = time.process_time()
    async with store.read() as tx:
        await service.snapshot(tx)
    found: dict[str, Any] = {"first snapshot": round((time.process_time() - start) * 1000)}
    for name, query in QUERIES.items():
        if "device" in name and not devices:
            continue
        first, size = await ask(query)
        idle, busy = [], []
        for number in range(rounds):
            idle.append((await ask(query))[0])
            await claim(number)
            busy.append((await ask(query))[0])
        found[name] = {"first": round(first, 1), "KiB": size >> 10, "idle": _quantiles(idle), "busy": _quantiles(busy)}
    return found


def _quantiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"median": round(statistics.median(ordered), 2), "p99": round(ordered[int(len(ordered) * 0.99)], 2)}


async def main(sizes: list[int]) -> None:
    """Measure and print."""
    found = {}
    for hosts in sizes:
        for devices in (0, DEVICES):
            rounds = 100 if hosts < 5000 else 15
            found[f"{hosts} hosts, {devices} devices each"] = await measure(hosts, devices, rounds)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    asyncio.run(main([int(size) for size in sys.argv[1:]] or [1000, 10_000]))
