"""How a command tells its user what happens: lines with the time that each part took."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pileus.kernel.clock import Clock, SystemClock


class Report:
    """Prints progress to standard error, so that results on standard output can be piped.

    Args:
        descriptor: where progress goes instead, for a process that was started in the background by another
            command; that one prints it.
    """

    def __init__(self, descriptor: int | None = None, clock: Clock | None = None) -> None:
        self._descriptor = descriptor
        self._clock = clock or SystemClock()
        self.times: dict[str, float] = {}

    def line(self, text: str) -> None:
        """Tell one line."""
        if self._descriptor is None:
            print(text, file=sys.stderr, flush=True)
            return
        try:
            os.write(self._descriptor, text.encode() + b"\n")
        except OSError:
            self._descriptor = None  # nobody listens any more

    @contextmanager
    def part(self, text: str) -> Iterator[None]:
        """Tell that a part begins, and when it has ended, how long it took."""
        started = self._clock.monotonic()
        self.line(f"  … {text}")
        yield
        self.times[text] = self._clock.monotonic() - started
        self.line(f"  ✓ {text} ({self.times[text]:.1f} s)")

    def close(self) -> None:
        """Tell the other process that nothing more comes."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
