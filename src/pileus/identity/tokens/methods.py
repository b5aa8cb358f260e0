"""The ways to prove who one is.  Each takes its part of the request and gives a proof, or raises Unauthorized.

Whatever is wrong, the answer is the same and takes the same time: nobody learns whether a user exists. Only a token
that is not good is a 404, as it is wherever a request is about a token and not made with one.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from pileus.identity.application_credentials.table import APPLICATION_CREDENTIALS
from pileus.identity.errors import NotAllowed, TokenGone, UnknownMethod
from pileus.identity.projects.table import PROJECTS
from pileus.identity.tokens.logic import Tokens
from pileus.identity.tokens.proof import Method, Proof
from pileus.identity.users.login import PasswordLogin, attempt
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Forbidden, Unauthorized
from pileus.kernel.store import Row, Store, Tx


class Methods:
    """The methods by name.

    Attributes:
        guesses: wrong secrets so far, whatever the method.
    """

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        passwords: Passwords,
        login: PasswordLogin,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._passwords = passwords
        self._login = login
        self.guesses = login.guesses
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
            TokenGone: it brings a token that is not good.
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

    async def _password(self, part: dict[str, Any], call: Call) -> Proof:
        given = part.get("user")
        if not isinstance(given, dict) or not isinstance(given.get("password"), str):
            raise BadRequest("Expecting to find user and password in password.")
        await self._login.prepare(given)
        async with self._store.read() as tx:
            user = await find_user(tx, given)
        name = str(given.get("id") or f"{given.get('name')}@{given.get('domain')}")
        user = await self._login.check(user, given["password"], attempt(call, user["id"] if user else name))
        return Proof(user["id"], ("password",))

    async def _token(self, part: dict[str, Any], _call: Call) -> Proof:
        return await self.again(part)

    async def again(self, part: dict[str, Any]) -> Proof:
        """What a token proves.

        Raises:
            TokenGone: it is not good.
            BadRequest: there is none.
            Forbidden: it is one of a delegation, which must not be stretched.
        """
        if not isinstance(part.get("id"), str):
            raise BadRequest("Expecting to find id in token.")
        try:
            payload = (await self._tokens.find(part["id"])).payload
        except Unauthorized as error:
            raise TokenGone from error
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
                raise TokenGone
        return Proof(
            payload.user_id,
            tuple(dict.fromkeys((*payload.methods, "token"))),
            parent=payload,
            credential=credential,
            identity_provider_id=payload.identity_provider_id,
            protocol_id=payload.protocol_id,
            group_ids=payload.group_ids,
        )

    async def _application_credential(self, part: dict[str, Any], call: Call) -> Proof:
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
        name = attempt(call, str(part.get("id") or f"{part.get('name')}@{part.get('user')}"))
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
