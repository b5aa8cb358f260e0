"""Rules of users who need more than one method, and receipts for those who have shown some of them.

A receipt is sealed with the keys of tokens and has a form of its own, so that neither is ever taken for the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.fernet import InvalidToken

from pileus.identity.errors import MoreMethods
from pileus.identity.tokens.access import Accesses, Key, stamp
from pileus.identity.tokens.keys import Keys
from pileus.identity.tokens.payload import METHODS, UNSCOPED
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.clock import Clock
from pileus.kernel.store import Row

_FORM = "receipt"
LIFE = timedelta(minutes=5)
"""How long after the first method the further ones may be shown."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was proven when."""

    user_id: str
    methods: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime


class Receipts:
    """Asks for all the methods that a user's rules want."""

    def __init__(self, clock: Clock, accesses: Accesses, keys: Keys) -> None:
        self._accesses = accesses
        self._clock = clock
        self._keys = keys

    async def complete(self, user_id: str, methods: tuple[str, ...], receipt: str) -> tuple[str, ...]:
        """The methods proven now and by a receipt, where they are enough.

        Args:
            receipt: what came in Openstack-Auth-Receipt; empty for nothing.

        Raises:
            MoreMethods: they are not; the answer has a receipt of what was proven.
            Unauthorized: the receipt is not good, or somebody else's.
        """
        access = await self._accesses.get(Key(user_id, UNSCOPED))
        user, domain = access.user, access.user_domain
        if receipt:
            methods = tuple(dict.fromkeys((*methods, *self._opened(receipt, user).methods)))
        rules = _rules(user)
        if rules and not any(rule <= set(methods) for rule in rules):
            raise self._more(user, domain, methods, rules)
        return methods

    def _opened(self, text: str, user: Row) -> Receipt:
        try:
            form, *parts = msgspec.msgpack.decode(self._keys.fernet().decrypt(text.encode()))
            receipt = Receipt(parts[0], tuple(parts[1]), *(datetime.fromisoformat(part) for part in parts[2:]))
        except (InvalidToken, msgspec.DecodeError, ValueError, TypeError) as error:
            raise Unauthorized("Could not find auth receipt.") from error
        since = user["tokens_since"]
        stale = receipt.expires_at <= self._clock.now() or (since is not None and receipt.issued_at < since)
        if form != _FORM or receipt.user_id != user["id"] or stale:
            raise Unauthorized("Could not find auth receipt.")
        return receipt

    def _more(self, user: Row, domain: Row, methods: tuple[str, ...], rules: list[frozenset[str]]) -> MoreMethods:
        now = self._clock.now()
        ends = now + LIFE
        packed = msgspec.msgpack.encode([_FORM, user["id"], methods, now.isoformat(), ends.isoformat()])
        error = MoreMethods()
        error.headers["Openstack-Auth-Receipt"] = self._keys.fernet().encrypt(packed).decode()
        owner = {"id": user["id"], "name": user["name"], "domain": {"id": domain["id"], "name": domain["name"]}}
        error.document = {
            "receipt": {"methods": methods, "user": owner, "expires_at": stamp(ends), "issued_at": stamp(now)},
            "required_auth_methods": [sorted(rule) for rule in rules if rule & set(methods)],
        }
        return error


def _rules(user: dict[str, Any]) -> list[frozenset[str]]:
    """The sets of methods of which one is needed; none where one method will do.

    A method that there is not does not count: nobody is locked out for good by a rule that names one.
    """
    options = user["options"]
    if options.get("multi_factor_auth_enabled") is False:
        return []
    given = options.get("multi_factor_auth_rules") or []
    return [known for rule in given if (known := frozenset(rule) & frozenset(METHODS))]
