"""The method `totp`: passcodes of a device that shares a secret with the cloud (RFC 6238), each good for one login."""

import base64
import hmac
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from pileus.identity.credentials.logic import Blobs
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.errors import Malformed
from pileus.identity.once.logic import Once
from pileus.identity.tokens.methods import Methods, find_user
from pileus.identity.tokens.proof import Proof
from pileus.identity.users.login import attempt
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Unauthorized
from pileus.kernel.clock import Clock
from pileus.kernel.store import Row, Store

PERIOD = 30
DIGITS = 6
_NOBODYS = "NBSWY3DPEB3W64TMMQQHO2LUNBXXK5A"


def passcode(secret: bytes, step: int) -> str:
    """The passcode of a step of time."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


class Passcodes:
    """Checks passcodes.

    Args:
        earlier: how many steps of 30 seconds before the present one still count, for clocks that are late.
    """

    def __init__(self, store: Store, clock: Clock, methods: Methods, blobs: Blobs, once: Once, earlier: int) -> None:
        self._store = store
        self._clock = clock
        self._guesses = methods.guesses
        self._blobs = blobs
        self._once = once
        self._earlier = earlier

    async def prove(self, part: dict[str, Any], call: Call) -> Proof:
        """What a passcode proves.

        Raises:
            Unauthorized: it is wrong, late, or was used before.
            BadRequest: there is none.
            TooManyRequests: there were too many wrong ones.
        """
        given = part.get("user")
        if not isinstance(given, dict) or not isinstance(given.get("passcode"), str):
            raise BadRequest("Expecting to find user and passcode in totp.")
        name = attempt(call, f"passcode of {given.get('id') or (given.get('name'), given.get('domain'))}")
        self._guesses.refuse(name)
        async with self._store.read() as tx:
            user = await find_user(tx, given)
            c = CREDENTIALS.c
            chosen = select(CREDENTIALS).where(c.user_id == (user["id"] if user else ""), c.type == "totp")
            secrets = [*self._secrets(await tx.all(chosen))]
        step = self._matching(secrets or [base64.b32decode(_NOBODYS + "=")], given["passcode"])
        if user is None or not secrets or step is None or not await self._first_use(user["id"], step):
            self._guesses.wrong(name)
            raise Unauthorized("Invalid username or TOTP passcode")
        return Proof(user["id"], ("totp",))

    def _secrets(self, rows: Iterable[Row]) -> Iterator[bytes]:
        for row in rows:
            try:
                text = self._blobs.open(row)["blob"].strip().upper()
                yield base64.b32decode(text + "=" * (-len(text) % 8))
            except (ValueError, Malformed):
                continue

    def _matching(self, secrets: list[bytes], code: str) -> int | None:
        now = int(self._clock.now().timestamp()) // PERIOD
        found = None
        for secret in secrets:
            for step in range(now - self._earlier, now + 1):
                if hmac.compare_digest(passcode(secret, step).encode(), code.encode("utf-8", "surrogatepass")):
                    found = step
        return found

    async def _first_use(self, user_id: str, step: int) -> bool:
        ends = self._clock.now() + timedelta(seconds=PERIOD * (self._earlier + 2))
        return await self._once.use("totp", f"{user_id} {step}", ends)
