"""Measures Pileus: `python -m tests.bench` prints JSON lines and keeps the figures in docs/reference.

python -m tests.bench [--only WORD]... [--runs N] [--scale SHARE] [--keep FOLDER]
python -m tests.bench boot --state DIR       what Pileus adds to the boot of real servers
python -m tests.bench absorb FILE            rows of another load generator, for comparison
python -m tests.bench report                 write the table anew
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import uvloop
from tests.bench import boot, report
from tests.bench.operations import Bench
from tests.bench.rows import Row, median, tell
from tests.bench.subject import SimulatedCloud

KINDS = ("tokens", "lists", "networks", "ports", "servers", "files", "thousand")


async def footprint(cloud: SimulatedCloud) -> dict[str, Any]:
    """Starts with an existing database, memory and processor time when idle."""
    await cloud.up()  # makes the database and compiles bytecode
    starts = []
    for _ in range(3):
        await cloud.down()
        starts.append(await cloud.up())
        tell({"name": "start", **starts[-1]})
    await asyncio.sleep(5)
    found: dict[str, Any] = {"start": median([{"name": "start", **start} for start in starts])}
    found["memory_idle_mib"] = cloud.process.memory()
    before = cloud.process.cpu()
    await asyncio.sleep(30)
    found["idle_cpu_s_per_minute"] = round((cloud.process.cpu() - before) * 2, 2)
    tell({"name": "idle", **{key: value for key, value in found.items() if key != "start"}})
    return found


async def operations(cloud: SimulatedCloud, args: argparse.Namespace) -> list[Row]:
    """Every kind of operation, several times."""
    bench = Bench(await cloud.client(), cloud.process, args.scale)
    await bench.prepare()
    runs: dict[tuple[str, int], list[Row]] = {}
    for number in range(args.runs):
        for kind in KINDS:
            if args.only and kind not in args.only:
                continue
            if kind == "thousand" and number + 1 < args.runs:
                continue  # last and once: it leaves its servers behind
            async for row in getattr(bench, kind)():
                runs.setdefault((row["name"], row["c"]), []).append(tell(row))
    return [median(rows) for rows in runs.values()]


async def simulated(args: argparse.Namespace) -> None:
    """Measure a simulated cloud and keep the figures."""
    kept = report.load(args.keep)
    with SimulatedCloud() as cloud:
        if not args.only or "footprint" in args.only:
            kept["footprint"] = await footprint(cloud)
        else:
            await cloud.up()
        rows = await operations(cloud, args)
        known = {(row["name"], row["c"]): row for row in kept.get("operations", [])}
        known.update({(row["name"], row["c"]): row for row in rows})
        kept["operations"] = list(known.values())
        if not args.only or "footprint" in args.only:
            kept["footprint"]["memory_loaded_mib"] = cloud.process.memory()
    report.save(args.keep, kept)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Pileus.")
    parser.add_argument("what", nargs="?", default="simulated", choices=("simulated", "boot", "absorb", "report"))
    parser.add_argument("file", nargs="?", type=Path, help="of absorb: JSON lines")
    parser.add_argument("--only", action="append", default=[], choices=(*KINDS, "footprint"))
    parser.add_argument("--runs", type=int, default=3, help="the median counts")
    parser.add_argument("--scale", type=float, default=1.0, help="how many operations, as a share of the usual")
    parser.add_argument("--state", type=Path, help="of boot: the state folder of a real cloud")
    parser.add_argument("--keep", type=Path, default=Path("docs/reference"))
    args = parser.parse_args()
    if args.what == "simulated":
        uvloop.run(simulated(args))
        return
    kept = report.load(args.keep)
    if args.what == "boot":
        kept["boot"] = asyncio.run(boot.measure(args.state))
    elif args.what == "absorb":
        kept["comparison"] = report.absorbed(args.file)
    report.save(args.keep, kept)


if __name__ == "__main__":
    main()
