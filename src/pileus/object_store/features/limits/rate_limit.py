"""How many requests a second an account and a container take.

* `account` (of `object_store.features.rates`): making and deleting containers, a second and account.
* `container`: pairs of (objects in the container, writes a second).  A full container takes fewer: between two pairs
the
  rate goes in a straight line, behind the last one it stays.
* `listing`: the same for lists of objects.
* `most_wait`: a request waits for its turn for so many seconds at the most, and is refused with 498 at once if that
is not
  enough.

A reseller limits all writes of one account with `X-Account-Global-Write-Ratelimit: 2.5`, excepts it from every limit
with `WHITELIST`, or shuts it out (497) with `BLACKLIST`.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import ApiError
from pileus.kernel.serving.layers import Proceed
from pileus.kernel.world import World
from pileus.object_store.features.feature import WRITES, parts
from pileus.object_store.settings import Rates
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.wire.metadata import WRITE_RATE

BUFFER = 5.0
"""Seconds of unused turns that may be caught up."""
MOST_KEYS = 10_000


class Blacklisted(ApiError):
    """497: the account is shut out."""

    status: ClassVar[int] = 497
    title: ClassVar[str] = "Blacklisted"
    message: ClassVar[str] = "Your account has been blacklisted"


class RateLimited(ApiError):
    """498: the turn would come too late."""

    status: ClassVar[int] = 498
    title: ClassVar[str] = "Rate Limited"
    message: ClassVar[str] = "Slow down"


def rate_for(pairs: tuple[tuple[int, float], ...], size: int) -> float | None:
    """Requests a second for a container of so many objects; None for no limit."""
    below: tuple[int, float] | None = None
    for least, rate in sorted(pairs):
        if size < least:
            if below is None:
                return None
            share = (size - below[0]) / (least - below[0])
            return below[1] + (rate - below[1]) * share
        below = least, rate
    return below[1] if below else None


class Turns:
    """Gives out turns, so many a second for each key."""

    def __init__(self, world: World, most_wait: float) -> None:
        self._world = world
        self._most = most_wait
        self._next: dict[str, float] = {}

    def take(self, key: str, rate: float) -> float:
        """Seconds until the turn that this takes.

        Raises:
            RateLimited: it would come too late; no turn is taken.
        """
        now = self._world.clock.monotonic()
        turn = self._next.get(key, now)
        if now - turn > BUFFER:
            turn = now
        wait = max(0.0, turn - now)
        if wait > self._most:
            raise RateLimited
        if len(self._next) > MOST_KEYS:
            self._next = {known: moment for known, moment in self._next.items() if moment > now - BUFFER}
        self._next[key] = turn + 1 / rate
        return wait


class RateLimit:
    """Makes requests wait for their turn."""

    name = "ratelimit"

    def __init__(self, storage: Storage, settings: Rates, world: World) -> None:
        self._storage = storage
        self._settings = settings
        self._turns = Turns(world, settings.most_wait)

    def info(self) -> dict[str, Any] | None:
        """The limits."""
        return {
            "account_ratelimit": self._settings.account,
            "max_sleep_time_seconds": self._settings.most_wait,
            "container_ratelimits": [list(pair) for pair in self._settings.container],
            "container_listing_ratelimits": [list(pair) for pair in self._settings.listing],
        }

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Wait, then go on.

        Raises:
            Blacklisted, RateLimited: see there.
        """
        place = parts(path)
        method = call.request.method
        if place is not None and (method in WRITES or (method == "GET" and self._settings.listing)):
            account = await self._storage.account(place[0])
            mark = account.metadata.get(WRITE_RATE, "") if account is not None else ""
            if mark == "BLACKLIST" and "x-account-global-write-ratelimit" not in call.request.headers:
                raise Blacklisted
            if mark != "WHITELIST":
                for key, rate in await self._limits(method, place, mark):
                    wait = self._turns.take(key, rate)
                    if wait > 0:
                        await call.world.clock.sleep(wait)
        answer: Answer = await proceed(call, path)
        return answer

    async def _limits(self, method: str, place: tuple[str, str, str], mark: str) -> list[tuple[str, float]]:
        size = 0
        if place[1] and (self._settings.container or self._settings.listing):
            found = await self._storage.container(*place[:2])
            size = found.usage.objects if found is not None else 0
        return list(self._named(method, place, mark, size))

    def _named(self, method: str, place: tuple[str, str, str], mark: str, size: int) -> Iterator[tuple[str, float]]:
        account, container, name = place
        if container and not name and method in {"PUT", "DELETE"} and self._settings.account > 0:
            yield f"account/{account}", self._settings.account
        if name and method in WRITES and (rate := rate_for(self._settings.container, size)):
            yield f"container/{account}/{container}", rate
        if container and not name and method == "GET" and (rate := rate_for(self._settings.listing, size)):
            yield f"listing/{account}/{container}", rate
        if mark and mark != "BLACKLIST" and method in WRITES:
            yield f"all/{account}", float(mark)
