"""One at a time per key: locks that exist only while somebody holds or awaits them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class _Turn:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0


class Turns:
    """Serialises work on the same key, first come first served; work on different keys runs side by side."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    def busy(self, key: str) -> bool:
        """Tell whether anybody holds or awaits this key."""
        return key in self._turns

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """Hold the key while the block runs."""
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[key]
