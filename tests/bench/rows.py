"""One row of figures: what was measured, how often, and what it cost the server."""

import json
import statistics
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bench.load import Sample, pump
from tests.bench.subject import Process

Row = dict[str, Any]
"""`name`, `n`, `c`; `ops_s`, `p50_ms`, `p95_ms`, `p99_ms`, `errors`; `server_cpu_ms`, `client_cpu_ms` per operation."""


async def measured(
    process: Process, name: str, count: int, workers: int, operate: Callable[[int], Awaitable[Any]]
) -> Row:
    """Run operations in a closed loop and see what they cost."""
    before = process.cpu()
    sample = await pump(count, workers, operate)
    return row_of(name, count, workers, sample, process.cpu() - before)


def row_of(name: str, count: int, workers: int, sample: Sample, cpu: float, **more: Any) -> Row:
    """The row of a sample; cpu: processor seconds of the server."""
    row: Row = {
        "name": name,
        "n": count,
        "c": workers,
        "ops_s": sample.rate,
        "p50_ms": sample.quantile(0.5),
        "p95_ms": sample.quantile(0.95),
        "p99_ms": sample.quantile(0.99),
        "server_cpu_ms": round(cpu * 1000 / count, 3),
        "client_cpu_ms": round(sample.client_cpu * 1000 / count, 3),
        "errors": len(sample.failures),
        **more,
    }
    if sample.failures:
        row["first_error"] = sample.failures[0]
    return row


def tell(row: Row) -> Row:
    """Print a row as one line of JSON."""
    print(json.dumps(row), flush=True)
    return row


def median(rows: list[Row]) -> Row:
    """The median of each figure of several runs of the same row."""
    first = rows[0]
    return {
        key: round(statistics.median(row[key] for row in rows if key in row), 3)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value
        for key, value in first.items()
    } | {"runs": len(rows)}
