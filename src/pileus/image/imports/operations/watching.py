"""Work that lasts, looked at now and then: how far it is, and whether anybody still wants it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pileus.kernel.clock import Clock

R = TypeVar("R")
SECONDS = 2.0


async def watched(
    clock: Clock, work: Callable[[Callable[[int], None]], Awaitable[R]], tick: Callable[[int], Awaitable[bool]]
) -> R | None:
    """Do work, and tell of it every few seconds; None if it is not wanted any more.

    Args:
        work: called with what it says its progress to.
        tick: called with the progress; whether the work is still wanted.
    """
    progress = [0]

    def told(done: int) -> None:
        progress[0] = done

    task = asyncio.ensure_future(work(told))
    timer = asyncio.ensure_future(clock.sleep(SECONDS))
    try:
        while True:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if not await tick(progress[0]):
                return None
            timer = asyncio.ensure_future(clock.sleep(SECONDS))
    finally:
        timer.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
