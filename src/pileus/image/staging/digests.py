"""Digests of data on their way, each in a lane of its own so that they are computed beside each other.

MD5 and SHA-512 cost more than everything else that happens to a byte, and neither can use two processors; but they can
use one each, while a third lane writes and the event loop fetches what comes next.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence

ALGORITHMS = ("sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b")
"""What images may be named by: a digest that nobody can make two contents for."""

DEPTH = 3
"""Pieces that may wait in a lane."""


class Lane:
    """Does one thing with each piece, in a thread and in order.

    What fails in it is raised by the next `put`, or by `close`.
    """

    def __init__(self, work: Callable[[bytes], object]) -> None:
        self._work = work
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(DEPTH)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (piece := await self._pieces.get()) is not None:
            await asyncio.to_thread(self._work, piece)

    async def put(self, piece: bytes | None) -> None:
        """Hand in a piece, when there is room for it."""
        if self._pieces.full() or self._task.done():
            waiting = asyncio.ensure_future(self._pieces.put(piece))
            try:
                await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not waiting.done():
                    waiting.cancel()
            if self._task.done() and (error := self._task.exception()) is not None:
                raise error
        else:
            self._pieces.put_nowait(piece)

    async def close(self) -> None:
        """Wait until every piece is done with."""
        await self.put(None)
        await self._task

    async def stop(self) -> None:
        """Do no further piece; the one in hand is finished first, since threads cannot be cut off."""
        while not self._pieces.empty():
            self._pieces.get_nowait()
        if not self._task.done():
            self._pieces.put_nowait(None)
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()


class Digests:
    """The two digests that the API shows: MD5, and the one of the setting."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._strong = hashlib.new(algorithm)

    @property
    def works(self) -> Sequence[Callable[[bytes], object]]:
        """What is to be done with each piece, independently of each other."""
        return (self._md5.update, self._strong.update)

    @property
    def md5(self) -> str:
        """Hexadecimal."""
        return self._md5.hexdigest()

    @property
    def strong(self) -> str:
        """Hexadecimal."""
        return self._strong.hexdigest()
