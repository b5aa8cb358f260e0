"""Fetching by HTTP from where users say.

Every hop is checked: the URL by the operator's filters, and each address that its host resolves to.  The connection
goes to the very addresses that were checked, so that a name cannot change its mind in between (DNS rebinding), and
redirects are followed by hand so that each is a hop of its own.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pileus.image.outside import addresses, filters
from pileus.image.settings import DownloadSettings
from pileus.kernel import log

if TYPE_CHECKING:
    import aiohttp

LOG = log.get("image")
MOST_HOPS = 6
CHUNK = 1 << 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Lookup = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host."""


class Refused(Exception):
    """The service does not go there; the message says why, fit for who asked."""


class Unreachable(Exception):
    """Nothing useful came back; the message says what, fit for who asked."""


async def look_up(host: str) -> list[str]:
    """The addresses of a host, as the system's resolver says.

    Raises:
        OSError: it knows none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Response:
    """What came back, not yet read.

    Attributes:
        length: bytes that the other side promised; None for no promise.
        start: the first byte's place, where a range was asked for and given.
    """

    def __init__(self, response: "aiohttp.ClientResponse") -> None:
        self._response = response
        length = response.headers.get("Content-Length", "")
        self.length = int(length) if length.isascii() and length.isdigit() else None
        self.partial = response.status == 206
        self.headers: Mapping[str, str] = response.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces.

        Raises:
            Unreachable: it breaks off.
        """
        import aiohttp

        try:
            async for piece in self._response.content.iter_chunked(CHUNK):
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the transfer broke off ({type(error).__name__})") from None


class Outside:
    """The outside, through the operator's filters."""

    def __init__(self, settings: DownloadSettings, lookup: Lookup = look_up) -> None:
        self._settings = settings
        self._extra = addresses.networks(settings.allowed_networks)
        self._lookup = lookup

    def refusal(self, url: str) -> str:
        """Why a URL must not be fetched, as far as can be told without looking up its host; empty if it may be."""
        why = filters.refusal(self._settings, url)
        if why:
            return why
        parts = filters.split(url)
        assert parts is not None
        address = addresses.literal(parts.hostname or "")
        if address is not None and not addresses.allowed(address, self._extra):
            return f"the address {address} is not public"
        return ""

    async def addresses_of(self, host: str, *, trusted: bool) -> list[str]:
        """The addresses that a host may be reached at.

        Args:
            trusted: whether the operator named the host, so that any address is right.

        Raises:
            Refused: one of them must not be reached.
        """
        try:
            found = await self._lookup(host)
        except OSError:
            raise Unreachable(f"the host {host} is not known") from None
        for text in found:
            address = addresses.literal(text)
            if address is None or not (trusted or addresses.allowed(address, self._extra)):
                LOG.warning("address refused", host=host, address=text)
                raise Refused(f"the host {host} has the address {text}, which is not public")
        return found

    @asynccontextmanager
    async def open(
        self, url: str, *, headers: Mapping[str, str] | None = None, method: str = "GET", trusted: bool = False
    ) -> AsyncIterator[Response]:
        """Ask for a URL, and for where it leads.

        Args:
            headers: sent beside the usual ones, to the first hop alone.
            trusted: whether the operator named the URL: it is not filtered then, and leads nowhere else.

        Raises:
            Refused: a hop must not be reached.
            Unreachable: it does not answer, or not with a success.
        """
        import aiohttp

        sent = {"Accept-Encoding": "identity", "User-Agent": "pileus", **(headers or {})}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
        connector = aiohttp.TCPConnector(
            resolver=_resolver(self, trusted=trusted), use_dns_cache=False, force_close=True
        )
        session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False, trust_env=False)
        async with session:
            for _ in range(MOST_HOPS):
                why = "" if trusted else self.refusal(url)
                if why:
                    raise Refused(why)
                try:
                    response = await session.request(method, url, headers=sent, allow_redirects=False)
                except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                    raise Unreachable(f"{_origin(url)} does not answer ({type(error).__name__})") from None
                async with response:
                    if response.status in REDIRECTS and not trusted and response.headers.get("Location"):
                        url = urljoin(url, response.headers["Location"])
                        sent = {k: v for k, v in sent.items() if k not in (headers or {}) or k == "Range"}
                        continue
                    if response.status not in {200, 206}:
                        raise Unreachable(f"{_origin(url)} answered {response.status}")
                    yield Response(response)
                    return
            raise Unreachable(f"{_origin(url)} leads from one place to the next without end")


def _origin(url: str) -> str:
    parts = filters.split(url)
    return parts.netloc if parts is not None else "the URL"


def _resolver(outside: Outside, *, trusted: bool) -> Any:
    """Resolves names for the connector, to addresses that were checked."""
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Checked(AbstractResolver):
        """Gives out checked addresses only."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            """The addresses of a host."""
            found = await outside.addresses_of(host, trusted=trusted)
            return [
                ResolveResult(
                    hostname=host,
                    host=text,
                    port=port,
                    family=socket.AF_INET6 if ":" in text else socket.AF_INET,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
                for text in found
            ]

        async def close(self) -> None:
            """Nothing is held."""

    return Checked()
