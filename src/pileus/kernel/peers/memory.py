"""Peers within one process."""

import asyncio
from collections.abc import Callable
from typing import Any

from pileus.kernel.peers.protocol import PeerUnreachable


class MemoryTransport:
    """Delivers messages to objects in this process; what is not served is unreachable."""

    def __init__(self) -> None:
        self._answers: dict[str, Callable[[bytes], Any]] = {}

    async def send(self, address: str, message: bytes, seconds: float) -> bytes:
        """The answer to a message."""
        answer = self._answers.get(address)
        if answer is None:
            raise PeerUnreachable(f"nobody answers at {address}")
        try:
            async with asyncio.timeout(seconds):
                data: bytes = await answer(message)
                return data
        except TimeoutError as error:
            raise PeerUnreachable(f"{address} did not answer in {seconds:.0f} s") from error

    def serve(self, address: str, answer: Callable[[bytes], Any]) -> None:
        """Answer messages to an address."""
        self._answers[address] = answer

    def forget(self, address: str) -> None:
        """Stop answering at an address."""
        self._answers.pop(address, None)
