"""Logs do not grow for ever: a log that has become too large is put aside, over the one before it."""

import asyncio
import os
import shutil
from pathlib import Path

MOST_BYTES = 32 << 20


class LogKeeping:
    """A reconciler: no log in a folder is larger than `most` bytes.

    Writers hold their logs open for appending, so a log is copied and cut instead of renamed; what is written in
    between, a line or two, is lost.
    """

    name = "cloud.logs"
    interval = 60.0
    topics: tuple[str, ...] = ()

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most

    async def converge(self) -> int:
        """Cut what is too large; how many."""
        return await asyncio.to_thread(self._cut)

    def _cut(self) -> int:
        cut = 0
        for log in self._folder.glob("*.log"):
            if log.stat().st_size > self._most:
                shutil.copyfile(log, log.with_name(log.name + ".1"))
                os.truncate(log, 0)
                cut += 1
        return cut
