"""Attacks written by hand, each on every service that there is.

Each answer is below 500, has the service's own fault shape, and a refused request leaves nothing behind.  Writes are
made dry (rolled back) where an attack might succeed by right.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.fuzz.cloud import FuzzCloud, Reply
from tests.fuzz.registry import SERVICES, Target, targets
from tests.fuzz.shapes import wrong

from pileus.kernel.store import METADATA

JSON = {"Content-Type": "application/json"}
every_service = pytest.mark.parametrize("type", SERVICES)


THOROUGH = "PILEUS_FUZZ_EXAMPLES" in os.environ


def few(items: Iterable[Any], turn: int, out_of: int) -> list[Any]:
    """One in `out_of` of the items, others at each turn; all of them in a thorough run."""
    every = [*items]
    return every if THOROUGH else every[turn % out_of :: out_of]


class Findings(list[str]):
    """What is wrong, in words."""

    def look(self, type: str, method: str, reply: Reply, *, statuses: tuple[int, ...] = ()) -> None:
        """Note what is wrong with an answer."""
        what = wrong(type, method, reply)
        if not what and statuses and reply.status not in statuses:
            what = f"{reply.status}, not {statuses}: {reply.body[:200]!r}"
        if what:
            self.append(f"{reply.sent}: {what}")

    def none(self) -> None:
        """Fail if there are any."""
        assert not self, f"{len(self)}:\n" + "\n".join(self[:80])


@contextmanager
def dry(cloud: FuzzCloud) -> Iterator[None]:
    cloud.store.dry = True
    try:
        yield
    finally:
        cloud.store.dry = False


def count_rows(cloud: FuzzCloud) -> dict[str, int]:
    """How many rows each table has; the journal's own, which moves by itself, left out."""

    async def ask() -> dict[str, int]:
        async with cloud.store.read() as tx:
            return {
                name: await tx.scalar(select(func.count()).select_from(table))
                for name, table in METADATA.tables.items()
                if not name.startswith("operation")
            }

    return cloud.await_(ask())


def guarded(cloud: FuzzCloud, type: str) -> list[Target]:
    return [t for t in targets(cloud, type) if not t.operation.public]


def with_bodies(cloud: FuzzCloud, type: str) -> list[Target]:
    return [t for t in targets(cloud, type) if t.operation.body is not None or t.operation.action]
