"""Failures on demand: make the n-th call of a kind fail, before or after it took effect."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

When = Literal["before", "after"]


class Fault(Struct, frozen=True, kw_only=True):
    """One planned failure."""

    call: str
    """Name of the protocol's method, such as `spawn`."""
    nth: int = 1
    """Which call of this kind fails, counted from 1 when the fault was planned. 0: every one."""
    when: When = "before"
    """`before`: nothing was done. `after`: all was done, only the answer is lost."""
    error: Callable[[], Exception]
    """Makes the exception."""


class Faults:
    """The planned failures of one or many simulated drivers."""

    def __init__(self) -> None:
        self._planned: list[tuple[Fault, int]] = []

    def fail(self, call: str, error: Callable[[], Exception], *, nth: int = 1, when: When = "before") -> None:
        """Plan a failure."""
        self._planned.append((Fault(call=call, nth=nth, when=when, error=error), 0))

    def clear(self) -> None:
        """Let everything succeed again."""
        self._planned.clear()

    def check(self, call: str, when: When) -> None:
        """Raise if this call was planned to fail here. Drivers ask twice per call, before and after."""
        left: list[tuple[Fault, int]] = []
        due: Fault | None = None
        for fault, seen in self._planned:
            if (fault.call, fault.when) != (call, when):
                left.append((fault, seen))
                continue
            if due is None and fault.nth in (0, seen + 1):
                due = fault
            if fault.nth == 0 or seen + 1 < fault.nth or due is not fault:
                left.append((fault, seen + 1))
        self._planned = left
        if due is not None:
            raise due.error()
