"""How many wrong secrets are listened to: a bucket for each pair of name and address that refills with time."""

from collections import OrderedDict
from math import ceil

from pileus.kernel.api.errors import TooManyRequests
from pileus.kernel.clock import Clock


class Guesses:
    """Wrong secrets by whatever they were tried for, known names or not.

    Only wrong ones count, and they count for one name from one address: nobody can shut out another.

    Args:
        most: how many may be wrong at once, and in a minute; 0 for any number.
    """

    MOST = 10000

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By name: how much of the bucket was spent, and when that was so."""

    def _now_spent(self, name: str) -> float:
        spent, then = self._spent.get(name, (0.0, 0.0))
        return max(0.0, spent - (self._clock.monotonic() - then) * self._most / 60)

    def refuse(self, name: str) -> None:
        """Raise when there were too many.

        Raises:
            TooManyRequests: come back in a while.
        """
        spent = self._now_spent(name)
        if self._most and spent > self._most - 1:
            error = TooManyRequests("Too many wrong passwords; try again in a minute.")
            error.headers["Retry-After"] = str(ceil((spent - self._most + 1) * 60 / self._most))
            raise error

    def wrong(self, name: str) -> None:
        """Count one."""
        spent = self._now_spent(name)
        self._spent.pop(name, None)
        self._spent[name] = (spent + 1, self._clock.monotonic())
        while len(self._spent) > self.MOST:
            self._spent.popitem(last=False)
