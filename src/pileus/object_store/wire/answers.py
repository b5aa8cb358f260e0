"""What every answer of the object store carries."""

from typing import Any

from pileus.kernel.world import World
from pileus.object_store.storage.protocol import TICKS
from pileus.object_store.wire import moments


def transaction_id(world: World) -> str:
    """The id of a request: chance, and the second in which it came."""
    return f"tx{world.ids.hex()[:21]}-{int(world.clock.now().timestamp()):010x}"


def now(world: World) -> int:
    """The moment it is."""
    return int(world.clock.now().timestamp() * TICKS)


def complete(call: Any, answer: Any) -> None:
    """Content type and date, also where there is no content."""
    answer.headers.setdefault("Content-Type", "text/html; charset=UTF-8")
    answer.headers.setdefault("Date", moments.http(now(call.world) // TICKS))
