"""What an OpenID provider publishes: its configuration and its keys, kept for a while."""

from typing import Any

import msgspec

from pileus.kernel.api.errors import Unavailable
from pileus.kernel.clock import Clock

_MOST = 1 << 20
_SECONDS = 10.0


class Refused(Exception):
    """The provider has answered with something else than success."""


async def ask(method: str, url: str, **more: Any) -> Any:
    """The JSON of a provider's answer.

    Raises:
        Refused: it is an error.
        Unavailable: there is no answer, or one that makes no sense.
    """
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS), trust_env=True) as session,
            session.request(method, url, allow_redirects=False, **more) as answer,
        ):
            data = await answer.content.read(_MOST)
            if answer.status >= 400:
                raise Refused(f"{answer.status}")
            read = msgspec.json.decode(data)
    except (aiohttp.ClientError, TimeoutError, ValueError, msgspec.MsgspecError) as error:
        raise Unavailable("The identity provider does not answer; try again later.") from error
    return read


class Published:
    """A provider's documents.

    Args:
        issuer: what it calls itself; the documents must say so too.
    """

    KEPT = 3600.0
    """Seconds that documents are kept."""
    AGAIN = 30.0
    """Seconds after which keys are asked for again where one is missing."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._configuration: dict[str, Any] = {}
        self._configured = float("-inf")
        self._keys: list[dict[str, Any]] = []
        self._read = float("-inf")

    async def configuration(self) -> dict[str, Any]:
        """Its configuration.

        Raises:
            Unavailable: there is none, or it is another's.
        """
        if self._clock.monotonic() - self._configured >= self.KEPT:
            try:
                read = await ask("GET", self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            except Refused as error:
                raise Unavailable("The identity provider has no configuration.") from error
            if not isinstance(read, dict) or read.get("issuer") != self._issuer:
                raise Unavailable("The identity provider's configuration is that of another issuer.")
            self._configuration = read
            self._configured = self._clock.monotonic()
        return self._configuration

    async def address(self, name: str) -> str:
        """One of its addresses; empty where it has not got it."""
        value = (await self.configuration()).get(name)
        return value if isinstance(value, str) else ""

    async def keys(self, kid: str | None) -> list[dict[str, Any]]:
        """Its keys of an id; all of them without one.

        Raises:
            Unavailable: it does not tell.
        """
        age = self._clock.monotonic() - self._read
        if age >= self.KEPT or (age >= self.AGAIN and not self._named(kid)):
            try:
                read = await ask("GET", await self.address("jwks_uri"))
            except Refused as error:
                raise Unavailable("The identity provider does not tell its keys.") from error
            keys = read.get("keys") if isinstance(read, dict) else None
            self._keys = [key for key in keys or [] if isinstance(key, dict) and key.get("use", "sig") == "sig"]
            self._read = self._clock.monotonic()
        return self._named(kid)

    def _named(self, kid: str | None) -> list[dict[str, Any]]:
        return [key for key in self._keys if kid is None or key.get("kid") == kid]
