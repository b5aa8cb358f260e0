"""Figures kept as JSON, and the table that people read."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.baseline import FOOTPRINT, GOALS, REAL
from tests.bench.rows import Row

Kept = dict[str, Any]
"""`footprint`, `operations`, `boot`, `comparison`, `measured`: what was kept by earlier runs and this one."""


def load(folder: Path) -> Kept:
    """What earlier runs kept."""
    try:
        kept: Kept = json.loads((folder / "figures.json").read_text())
    except FileNotFoundError:
        return {}
    return kept


def save(folder: Path, kept: Kept) -> None:
    """Keep figures and write their table."""
    folder.mkdir(parents=True, exist_ok=True)
    kept["measured"] = datetime.now(UTC).strftime("%Y-%m-%d")
    kept["python"] = platform.python_version()
    (folder / "figures.json").write_text(json.dumps(kept, indent=1) + "\n")
    (folder / "figures.md").write_text(table(kept))


def absorbed(file: Path) -> list[Row]:
    """Rows of another load generator: JSON lines with `cmd`, `ops_s` and so on; the last of each command counts."""
    rows = {}
    for line in file.read_text().splitlines():
        row = json.loads(line)
        rows[row["cmd"]] = row
    return list(rows.values())


def table(kept: Kept) -> str:
    """The page."""
    notes = Path(__file__).with_name("notes.md").read_text()
    parts = [
        "# Figures",
        "",
        f"Written by `make bench`; last measured {kept['measured']} with Python {kept['python']} on two shared",
        "processors. *Real* is OpenStack 2026.2 itself on the same machine (`tests/bench/baseline.py` says how it was",
        "set up). Processor time is the server's, per operation: what other work on the machine disturbs least.",
        "",
        *_footprint(kept.get("footprint", {}), kept.get("boot", {})),
        *_operations(kept.get("operations", [])),
        *_comparison(kept.get("comparison", [])),
        *_boot(kept.get("boot", {})),
        notes,
    ]
    return "\n".join(parts)


def _footprint(found: Kept, boot: Kept) -> list[str]:
    if not found:
        return []
    values = (
        found["start"]["seconds"],
        found["start"]["cpu_seconds"],
        found["memory_idle_mib"]["pss"],
        found.get("memory_loaded_mib", {}).get("pss", ""),
        found["idle_cpu_s_per_minute"],
    )
    rows = [
        f"| {what} | {real} | {value} | {goal} |" for (what, real, goal), value in zip(FOOTPRINT, values, strict=True)
    ]
    if boot:
        rows.append(
            f"| memory of a real cloud that has booted servers, PSS, MiB | | {boot['memory_mib']['pss']} | 200 |"
        )
    return ["## The process", "", "| | real | Pileus | goal |", "|---|---:|---:|---:|", *rows, ""]


def _ratio(more: float, less: float) -> str:
    return f"{more / less:,.0f}×" if more and less else ""


def _operations(rows: list[Row]) -> list[str]:
    lines = [
        "## Operations",
        "",
        "*c* clients in a closed loop; times in ms. The ratio is of processor time, the real services' by ours.",
        "",
        "| operation | c | ops/s | p50 | p95 | CPU ms | real ops/s | real p50 | real CPU ms | ratio | goal |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        key = (row["name"], row["c"])
        real = REAL.get(key)
        rate = f"{row['mb_s']:,.0f} MB/s" if "mb_s" in row else f"{row['ops_s']:,.1f}"
        if "active_s" in row:
            rate += f" ({row['active_s']:,.1f} ACTIVE/s)"
        theirs = ["", "", "", ""]
        if real is not None:
            speed = f"{real.mb_s:,.0f} MB/s" if real.mb_s else f"{real.ops_s:,.4g}"
            if real.active_s:
                speed += f" ({real.active_s} ACTIVE/s)"
            ratio = _ratio(real.server_cpu_ms, row["server_cpu_ms"])
            theirs = [speed, f"{real.p50_ms:,.4g}" if real.p50_ms else "", f"{real.server_cpu_ms or '':}", ratio]
        own = [row["name"], row["c"], rate, row["p50_ms"], row["p95_ms"], row["server_cpu_ms"]]
        lines.append("| " + " | ".join(map(str, [*own, *theirs, GOALS.get(key, "")])) + " |")
        if row["errors"]:
            lines.append(f"| ({row['errors']} failed) | | | | | | | | | | |")
    return [*lines, ""]


def _comparison(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    lines = [
        "## The load generator that measured the real services, against Pileus",
        "",
        "The same program with the same counts and clients.",
        "",
        "| command | ops/s | p50 ms | CPU ms | real ops/s | real p50 | real CPU ms | ops/s ratio | CPU ratio |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        real = REAL.get((row["name"], row["c"]))
        own = [row["cmd"], row["ops_s"], row["p50_ms"], row["server_cpu_ms"]]
        theirs: list[Any] = ["", "", "", "", ""]
        if real is not None:
            ratios = [_ratio(row["ops_s"], real.ops_s), _ratio(real.server_cpu_ms, row["server_cpu_ms"])]
            theirs = [real.ops_s, real.p50_ms, real.server_cpu_ms, *ratios]
        lines.append("| " + " | ".join(map(str, [*own, *theirs])) + " |")
    return [*lines, ""]


def _boot(found: Kept) -> list[str]:
    if not found:
        return []
    steps = ", ".join(f"{name} {seconds}" for name, seconds in found["steps_median_s"].items())
    return [
        "## A real boot",
        "",
        f"A server on a network, image cached; medians of {found['times']}. The steps up to the running QEMU took",
        f"{found['running_median_s']} s; from the sent request until a client saw ACTIVE, with the wait for the port,",
        f"{found['active_median_s']} s (goal: 1 s). Medians of the steps, seconds: {steps}.",
        "",
    ]
