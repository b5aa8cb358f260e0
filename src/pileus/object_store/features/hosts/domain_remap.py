"""Accounts and containers as hosts (domain remap), and hosts that only point to those (CNAME lookup).

With `object_store.features.storage_domains = ["storage.example"]`

    http://photos.AUTH-p1.storage.example/2026/cat.jpg   is  /v1/AUTH_p1/photos/2026/cat.jpg
    http://AUTH-p1.storage.example/photos/cat.jpg        is  /v1/AUTH_p1/photos/cat.jpg

The first `-` of the account stands for `_`, since hosts have none, and letters of the reseller's prefix may have any
case. With `cname_lookup = true` a host that is none of these is looked up: `photos.example.org`, for which the DNS
has a CNAME of `photos.AUTH-p1.storage.example`, means the same.  Hosts by address and `localhost` are left alone.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

from pileus.kernel.world import World
from pileus.object_store.settings import ObjectStoreSettings

Lookup = Callable[[str], Awaitable[tuple[str, float]]]
"""The name that a name is an alias of, empty for none, and for how many seconds that may be relied on."""
DEPTH = 2
"""Aliases followed one behind another."""
MOST_KNOWN = 10_000


class DomainRemap:
    """Finds what a host means.

    Args:
        lookup: asks the DNS; None where aliases are not followed.
        own: the host that this cloud's own address has, which is never looked up.
    """

    def __init__(self, settings: ObjectStoreSettings, world: World, lookup: Lookup | None) -> None:
        self._domains = tuple("." + domain.strip(".").lower() for domain in settings.features.storage_domains)
        self._prefixes = {prefix.lower(): prefix for prefix in settings.prefixes}
        self._world = world
        self._lookup = lookup if settings.features.cname_lookup else None
        self._known: dict[str, tuple[str, float]] = {}

    def info(self) -> dict[str, Any]:
        """What `/info` says."""
        shown: dict[str, Any] = {"domain_remap": {"default_reseller_prefix": None}}
        return shown | ({"cname_lookup": {"lookup_depth": DEPTH}} if self._lookup else {})

    async def __call__(self, request: Request) -> str | None:
        """The path that a request means by its host; None where the host means nothing."""
        host = request.headers.get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        domain = next((domain for domain in self._domains if name.endswith(domain)), None)
        if domain is None and self._lookup is not None and "." in name and not _is_address(name):
            name = await self._aliased(name)
            domain = next((domain for domain in self._domains if name.endswith(domain)), None)
        return None if domain is None else self._path(name.removesuffix(domain), request.scope["path"])

    def _path(self, below: str, path: str) -> str | None:
        container, dot, account = below.rpartition(".")
        if "." in container:
            return None
        if "_" not in account:
            account = account.replace("-", "_", 1)
        first, underscore, rest = account.partition("_")
        prefix = self._prefixes.get(first + underscore)
        if prefix is None or not rest:
            return None
        return "/".join(("", "v1", prefix + rest, *([container] if dot else []))) + path

    async def _aliased(self, name: str) -> str:
        """What a name is an alias of, as far as it is followed."""
        for _ in range(DEPTH):
            found = await self._alias(name)
            if not found:
                return name
            name = found
            if name.endswith(self._domains):
                return name
        return name

    async def _alias(self, name: str) -> str:
        now = self._world.clock.monotonic()
        known = self._known.get(name)
        if known is not None and known[1] > now:
            return known[0]
        assert self._lookup is not None
        found, lasts = await self._lookup(name)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[name] = found.rstrip(".").lower(), now + lasts
        return self._known[name][0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
