"""Brings events to where they are wanted: at least once, again and again with growing pauses for a day."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pileus.kernel import log
from pileus.kernel.world import World
from pileus.object_store.s3.notification.events import TOPIC, Event, name_of
from pileus.object_store.s3.notification.outbox import Notes

LOG = log.get("s3")
AT_ONCE = 16
LONGEST = 24 * 3600
"""Seconds after which an event is given up."""
TIMEOUT = 10.0
Send = Callable[[str, bytes], Awaitable[None]]
"""Posts to an address; raises unless it was taken."""


class Delivery:
    """The reconciler."""

    name = "object-store-s3-notifications"
    interval = 5.0
    topics = (TOPIC,)

    def __init__(self, notes: Notes, world: World, send: Send) -> None:
        self._notes = notes
        self._world = world
        self._send = send

    async def converge(self) -> int:
        """Bring what is due; how much was taken."""
        second = int(self._world.clock.now().timestamp())
        due = [name for name in await self._notes.names() if int(name.partition("-")[0]) <= second]
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> int:
            async with turns:
                return await self._one(name, second)

        return sum(await asyncio.gather(*map(one, due)))

    async def _one(self, name: str, second: int) -> int:
        data = await self._notes.get(name)
        if data is None:
            return 0
        event = msgspec.json.decode(data, type=Event)
        try:
            await self._send(event.url, msgspec.json.encode(event.message))
        except Exception as error:
            tries = event.tries + 1
            if second - event.first < LONGEST:
                again = second + min(2**tries, 900)
                await self._notes.put(name_of(again, self._world), msgspec.structs.replace(event, tries=tries))
            LOG.warning("event not taken", host=urlsplit(event.url).hostname, tries=tries, error=type(error).__name__)
            await self._notes.remove(name)
            return 0
        await self._notes.remove(name)
        return 1


class Refused(Exception):
    """An address that events may not go to, or that did not take one."""


class Webhook:
    """Posts events over HTTP.

    The address of a target is a user's word: this machine's own ports are none of its business, nor is what only a
    neighbour on the link could reach.
    """

    def allowed(self, address: str) -> bool:
        """Whether events may go to an address."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved:
            return False
        return not _is_own(str(found), found.version)

    async def __call__(self, url: str, body: bytes) -> None:
        """Post an event.

        Raises:
            Refused: it may not go there, or was not taken.
        """
        import aiohttp

        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
        addresses = [(entry[0], entry[4][0]) for entry in found if self.allowed(str(entry[4][0]))]
        if not addresses:
            raise Refused("the address is not allowed")
        connector = aiohttp.TCPConnector(resolver=_pinned(addresses), force_close=True)
        limit = aiohttp.ClientTimeout(total=TIMEOUT)
        if _is_address(host) and not self.allowed(host):
            raise Refused("the address is not allowed")
        headers = {"Content-Type": "application/json", "User-Agent": "Pileus"}
        async with (
            aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answered,
        ):
            if not 200 <= answered.status < 300:
                raise Refused(f"status {answered.status}")


def _is_own(address: str, version: int) -> bool:
    """Whether an address is one of this machine's: only those can be bound."""
    with socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return False
    return True


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _pinned(addresses: list[tuple[Any, Any]]) -> Any:
    """Answers every name with the addresses that were looked at: they must not change in between."""
    from aiohttp.abc import AbstractResolver

    class Pinned(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            return [
                {"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0}
                for kind, address in addresses
            ]

        async def close(self) -> None:
            return

    return Pinned()
