"""`/v3/auth`: getting tokens, reading them, giving them back, and where one could go with them."""

from typing import Any

from pileus.identity.errors import TokenGone
from pileus.identity.listing import truth
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, SERVICE_ROLE, TOKEN_SUBJECT
from pileus.identity.tokens.logic import Entry, Tokens, document
from pileus.identity.tokens.login import Login
from pileus.identity.tokens.schema import Auth
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import delete, get, head, post, resource
from pileus.kernel.api.errors import Forbidden, Unauthorized
from pileus.kernel.store.database import retrying


@resource(
    "/auth/tokens",
    policy="identity:%s",
    rights={
        "validate_token": (f"{ADMIN_OR_SYSTEM_READER} or {SERVICE_ROLE} or {TOKEN_SUBJECT}", "Read a token."),
        "check_token": (f"{ADMIN_OR_SYSTEM_READER} or {TOKEN_SUBJECT}", "Learn whether a token is good."),
        "revoke_token": (f"{ADMIN} or {TOKEN_SUBJECT}", "Give a token back."),
    },
)
class AuthTokens:
    """Tokens."""

    def __init__(self, tokens: Tokens, login: Login) -> None:
        self._tokens = tokens
        self._login = login

    @post(body=Auth, public=True, transaction="none", raises=(Unauthorized, TokenGone, Forbidden))
    async def create(self, call: Call, body: dict[str, Any]) -> Answer:
        """Get a token."""
        return answer(call, await self._login.token(call, body["identity"], body.get("scope")), 201)

    async def _subject(self, call: Call, rule: str) -> Entry:
        """The token in X-Subject-Token, if the caller has the right on it.

        Raises:
            TokenGone: it is not good, or there is none.
            Forbidden: it is somebody else's.
        """
        token = call.request.headers.get("x-subject-token", "")
        expired = rule != "revoke_token" and truth(dict(call.params).get("allow_expired", "false"))
        try:
            entry = await self._tokens.find(token, expired=expired)
        except Unauthorized as error:
            raise TokenGone from error
        call.must(rule, {"target.token.user_id": entry.caller.user_id})
        return entry

    @get(transaction="none", many=False)
    async def show(self, call: Call) -> Answer:
        """Read a token."""
        return answer(call, await self._subject(call, "validate_token"), 200)

    @head(transaction="none")
    async def check(self, call: Call) -> Answer:
        """Whether a token is good."""
        return answer(call, await self._subject(call, "check_token"), 200)

    @delete(transaction="none")
    async def revoke(self, call: Call) -> None:
        """Give a token back."""
        entry = await self._subject(call, "revoke_token")
        await retrying(call.store, lambda tx: self._tokens.revoke(tx, entry))


def answer(call: Call, entry: Entry, status: int) -> Answer:
    """A token as it is handed out."""
    catalog = "nocatalog" not in dict(call.params)
    headers = {"X-Subject-Token": entry.token, "Vary": "X-Auth-Token", "Content-Type": "application/json"}
    return Answer(status, headers, document(entry, catalog=catalog))
