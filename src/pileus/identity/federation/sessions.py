"""What a browser or program carries through a login elsewhere, sealed so that only this cloud can read or make it.

A *journey* is a login under way: where it has come from, and what its answer must match.  A *visit* is a login that
succeeded: what the identity provider said, good for one token within two minutes.
"""

import hmac
from datetime import timedelta
from typing import TypeVar

import msgspec
from cryptography.fernet import InvalidToken

from pileus.identity.once.logic import Once
from pileus.identity.tokens.keys import Keys
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.world import World

JOURNEY, VISIT = "pileus-login", "pileus-visit"
MINUTES, VISIT_MINUTES = 15, 2


class Journey(msgspec.Struct, frozen=True, tag=True):
    """A login under way.

    Attributes:
        state: what the identity provider hands back.
        following: where it goes on afterwards.
        nonce, verifier: of OpenID Connect.
        request: the id of the request, of SAML.
    """

    state: str
    provider: str
    protocol: str
    following: str
    ends: float
    nonce: str = ""
    verifier: str = ""
    request: str = ""


class Visit(msgspec.Struct, frozen=True, tag=True):
    """A login that succeeded."""

    identifier: str
    provider: str
    protocol: str
    speaker: str
    told: dict[str, list[str]]
    ends: float


T = TypeVar("T", Journey, Visit)


class Sessions:
    """Seals and opens what is carried, in cookies."""

    def __init__(self, world: World, keys: Keys, once: Once) -> None:
        self._world = world
        self._keys = keys
        self._once = once

    def secret(self) -> str:
        """Something that nobody can guess."""
        return self._world.ids.secret(24).hex()

    def until(self, minutes: int) -> float:
        """The moment that lies so many minutes ahead."""
        return self._world.clock.now().timestamp() + minutes * 60

    def give(self, call: Call, name: str, what: Journey | Visit, minutes: int, *, elsewhere: bool = False) -> None:
        """Let the client carry something.

        Args:
            elsewhere: whether it must come back with a form that another site sends.
        """
        text = self._keys.fernet().encrypt(msgspec.json.encode(what)).decode()
        cookie = f"{name}={text}; Path=/; Max-Age={minutes * 60}; HttpOnly"
        secure = call.base.startswith("https:")
        if not elsewhere:
            cookie += "; SameSite=Lax"
        elif secure:
            cookie += "; SameSite=None"
        call.headers["Set-Cookie"] = cookie + ("; Secure" if secure else "")

    def sealed(self, journey: Journey) -> str:
        """A login under way as a program carries it, that has no cookies."""
        return self._keys.fernet().encrypt(msgspec.json.encode(journey)).decode()

    def unsealed(self, text: str) -> Journey | None:
        """The login under way that a program carries; None where it carries none."""
        try:
            journey = msgspec.json.decode(self._keys.fernet().decrypt(text), type=Journey)
        except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError):
            return None
        return journey if journey.ends > self._world.clock.now().timestamp() else None

    def _opened(self, call: Call, name: str, kind: type[T]) -> T:
        try:
            what = msgspec.json.decode(self._keys.fernet().decrypt(call.request.cookies.get(name, "")), type=kind)
        except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError) as error:
            raise Unauthorized("There is no login under way.") from error
        if what.ends <= self._world.clock.now().timestamp():
            raise Unauthorized("The login took too long.")
        return what

    async def journey(self, call: Call, state: str) -> Journey:
        """The login under way that an answer belongs to, once.

        Raises:
            Unauthorized: there is none, in this browser.
        """
        journey = self._opened(call, JOURNEY, Journey)
        if not hmac.compare_digest(journey.state.encode(), state.encode("utf-8", "surrogatepass")):
            raise Unauthorized("The answer belongs to another login.")
        await self._spend("journey", journey.state, MINUTES)
        return journey

    def visiting(self, call: Call) -> Visit | None:
        """The login that succeeded, left unspent."""
        try:
            return self._opened(call, VISIT, Visit)
        except Unauthorized:
            return None

    async def visit(self, call: Call, provider: str, protocol: str) -> Visit:
        """The login that succeeded with a provider, once.

        Raises:
            Unauthorized: there is none.
        """
        visit = self._opened(call, VISIT, Visit)
        if (visit.provider, visit.protocol) != (provider, protocol):
            raise Unauthorized("There is no login under way.")
        await self._spend("visit", visit.identifier, VISIT_MINUTES)
        call.headers["Set-Cookie"] = f"{VISIT}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        return visit

    async def _spend(self, kind: str, value: str, minutes: int) -> None:
        ends = self._world.clock.now() + timedelta(minutes=minutes + 1)
        if not await self._once.use(kind, value, ends):
            raise Unauthorized("This login has been used.")
