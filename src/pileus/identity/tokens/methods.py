"""The ways to prove who one is.  Each takes its part of the request and gives a proof, or raises Unauthorized.

Whatever is wrong, the answer is the same and takes the same time: nobody learns whether a user exists.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from pileus.identity.application_credentials.table import APPLICATION_CREDENTIALS
from pileus.identity.errors import NotAllowed, UnknownMethod
from pileus.identity.projects.table import PROJECTS
from pileus.identity.settings import IdentitySettings
from pileus.identity.tokens.logic import Tokens
from pileus.identity.tokens.proof import Method, Proof
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Forbidden, TooManyRequests, Unauthorized
from pileus.kernel.clock import Clock
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying


class Guesses:
    """Wrong passwords of the last minute by the name that they were tried for, known names or not."""

    MOST = 10000

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def refuse(self, name: str) -> None:
        """Raise when there were too many.

        Raises:
            TooManyRequests: come back in a minute.
        """
        start, count = self._wrong.get(name, (0.0, 0))
        if self._most and count >= self._most and self._clock.monotonic() - start < 60:
            error = TooManyRequests("Too many wrong passwords; try again in a minute.")
            error.headers["Retry-After"] = "60"
            raise error

    def wrong(self, name: str) -> None:
        """Count one."""
        now = self._clock.monotonic()
        start, count = self._wrong.pop(name, (now, 0))
        self._wrong[name] = (start, count + 1) if now - start < 60 else (now, 1)
        while len(self._wrong) > self.MOST:
            self._wrong.popitem(last=False)


class Methods:
    """The methods by name.

    Attributes:
        guesses: wrong secrets so far, whatever the method.
    """

    def __init__(
        self, store: Store, clock: Clock, tokens: Tokens, passwords: Passwords, settings: IdentitySettings
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._passwords = passwords
        self._settings = settings
        self.guesses = Guesses(clock, settings.guesses_per_minute)
        self._by_name: dict[str, Method] = {
            "password": self._password,
            "token": self._token,
            "application_credential": self._application_credential,
        }
        self._others: Callable[[str], Method | None] = lambda _name: None

    def add(self, name: str, method: Method) -> None:
        """Add a method."""
        self._by_name[name] = method

    def add_protocols(self, find: Callable[[str], Method | None]) -> None:
        """Add the methods that are named for protocols of identity providers."""
        self._others = find

    async def prove(self, identity: dict[str, Any], call: Call) -> Proof:
        """What a request's `identity` proves.

        Raises:
            Unauthorized: it proves nothing, or its methods speak of different users.
            BadRequest: a method's part is missing.
        """
        names = list(dict.fromkeys(identity["methods"]))
        for name in names:
            if not isinstance(identity.get(name), dict):
                raise BadRequest(
                    f"Expecting to find {name} in identity. The server could not comply with the request since it is "
                    "either malformed or otherwise incorrect. The client is assumed to be in error."
                )
        methods = [self._by_name.get(name) or self._others(name) for name in names]
        if not methods or None in methods:
            raise UnknownMethod
        proofs = [await method(identity[name], call) for name, method in zip(names, methods, strict=True) if method]
        first, *others = proofs
        for other in others:
            first.join(other)
        return first

    async def check_password(self, user: Row | None, password: str, name: str) -> Row:
        """The user, if that is their password.

        Args:
            name: what the attempts are counted by.

        Raises:
            Unauthorized: it is not, or there is no such user, or the account is locked.
            TooManyRequests: there were too many wrong ones.
        """
        self.guesses.refuse(name)
        right = await self._passwords.verify(password, user["password_hash"] if user else None)
        if user is not None and self._locked(user):
            right = False
        if not right or user is None:
            self.guesses.wrong(name)
            if user is not None:
                await self._failed(user)
            raise Unauthorized
        if user["failures"]:
            await self._write_failures(user, 0)
        if user["password_expires_at"] is not None and user["password_expires_at"] <= self._clock.now():
            raise Unauthorized(f"The password is expired and needs to be changed for user: {user['id']}.")
        return user

    def _locked(self, user: Row) -> bool:
        most = self._settings.lockout_attempts
        if not most or user["failures"] < most or user["options"].get("ignore_lockout_failure_attempts"):
            return False
        until = user["failed_at"] + timedelta(seconds=self._settings.lockout_seconds)
        return bool(self._clock.now() < until)

    async def _failed(self, user: Row) -> None:
        if self._settings.lockout_attempts and not self._locked(user):
            await self._write_failures(user, user["failures"] + 1)

    async def _write_failures(self, user: Row, count: int) -> None:
        async def write(tx: Tx) -> None:
            values = {"failures": count, "failed_at": self._clock.now() if count else None}
            await tx.run(update(USERS).where(USERS.c.id == user["id"]).values(**values))

        await retrying(self._store, write)

    async def _password(self, part: dict[str, Any], _call: Call) -> Proof:
        given = part.get("user")
        if not isinstance(given, dict) or not isinstance(given.get("password"), str):
            raise BadRequest("Expecting to find user and password in password.")
        async with self._store.read() as tx:
            user = await find_user(tx, given)
        name = str(given.get("id") or f"{given.get('name')}@{given.get('domain')}")
        user = await self.check_password(user, given["password"], name)
        return Proof(user["id"], ("password",))

    async def _token(self, part: dict[str, Any], _call: Call) -> Proof:
        return await self.again(part)

    async def again(self, part: dict[str, Any]) -> Proof:
        """What a token proves.

        Raises:
            Unauthorized: it is not good.
            BadRequest: there is none.
            Forbidden: it is one of a delegation, which must not be stretched.
        """
        if not isinstance(part.get("id"), str):
            raise BadRequest("Expecting to find id in token.")
        payload = (await self._tokens.find(part["id"])).payload
        if payload.trust_id:
            raise Forbidden("Trust-scoped tokens cannot be used to get another token.")
        if payload.access_token_id or payload.thumbprint:
            raise NotAllowed(action="Using OAuth-scoped token to create another token.")
        credential = None
        if payload.application_credential_id:
            async with self._store.read() as tx:
                c = APPLICATION_CREDENTIALS.c
                credential = await tx.first(
                    select(APPLICATION_CREDENTIALS).where(c.id == payload.application_credential_id)
                )
            if credential is None:
                raise Unauthorized
        return Proof(
            payload.user_id,
            tuple(dict.fromkeys((*payload.methods, "token"))),
            parent=payload,
            credential=credential,
            identity_provider_id=payload.identity_provider_id,
            protocol_id=payload.protocol_id,
            group_ids=payload.group_ids,
        )

    async def _application_credential(self, part: dict[str, Any], _call: Call) -> Proof:
        if not isinstance(part.get("secret"), str):
            raise BadRequest("Expecting to find secret in application_credential.")
        c = APPLICATION_CREDENTIALS.c
        found = select(APPLICATION_CREDENTIALS)
        async with self._store.read() as tx:
            row = None
            if isinstance(part.get("id"), str):
                row = await tx.first(found.where(c.id == part["id"]))
            elif isinstance(part.get("name"), str) and isinstance(part.get("user"), dict):
                user = await find_user(tx, part["user"])
                if user is not None:
                    row = await tx.first(found.where(c.name == part["name"], c.user_id == user["id"]))
        name = str(part.get("id") or f"{part.get('name')}@{part.get('user')}")
        self.guesses.refuse(name)
        if not await self._passwords.verify(part["secret"], row["secret_hash"] if row else None) or row is None:
            self.guesses.wrong(name)
            raise Unauthorized
        return Proof(row["user_id"], ("application_credential",), credential=row)


async def find_domain(tx: Tx, given: Any) -> Row | None:
    """The domain that a request names by id or by name."""
    if not isinstance(given, dict):
        return None
    found = select(PROJECTS).where(PROJECTS.c.is_domain.is_(True))
    if isinstance(given.get("id"), str):
        return await tx.first(found.where(PROJECTS.c.id == given["id"]))
    if isinstance(given.get("name"), str):
        return await tx.first(found.where(PROJECTS.c.name == given["name"]))
    return None


async def find_user(tx: Tx, given: dict[str, Any]) -> Row | None:
    """The user that a request names by id, or by name and domain.

    Raises:
        BadRequest: it names none.
    """
    if isinstance(given.get("id"), str):
        return await tx.first(select(USERS).where(USERS.c.id == given["id"]))
    if not isinstance(given.get("name"), str) or not isinstance(given.get("domain"), dict):
        raise BadRequest("Expecting to find id, or name and domain, in user.")
    domain = await find_domain(tx, given["domain"])
    if domain is None:
        return None
    c = USERS.c
    return await tx.first(select(USERS).where(c.name == given["name"], c.domain_id == domain["id"]))
