"""`/v3/OS-OAUTH1`: consumers, and how they come by tokens; `/v3/users/…/OS-OAUTH1`: what users have authorized."""

from typing import Any

from sqlalchemy import select, update

from pileus.identity.errors import Malformed, Missing, NotAllowed
from pileus.identity.listing import listing, merged
from pileus.identity.lookup import fetch, refuse
from pileus.identity.oauth1.logic import OAuth1
from pileus.identity.oauth1.schema import AccessToken, Authorization, Consumer, Verifier
from pileus.identity.oauth1.table import ACCESS_TOKENS, CONSUMERS
from pileus.identity.roles.schema import Role
from pileus.identity.roles.table import ROLES
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.identity.tokens.access import stamp
from pileus.kernel.api.call import Answer, Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, put, resource
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.kernel.store import Row


def _told(row: Row) -> Row:
    """A consumer without its secret."""
    return {name: value for name, value in row.items() if name != "secret"}


@resource("/OS-OAUTH1/consumers", schema=Consumer, policy="identity:%s")
class Consumers:
    """Programs that act for users who have authorized them."""

    def __init__(self, logic: OAuth1) -> None:
        self._logic = logic

    async def load(self, call: Call, consumer_id: str) -> Row:
        """The consumer of that id."""
        return await fetch(call, CONSUMERS, consumer_id, "consumer")

    @get(rule="list_consumers", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List consumers."""
        page = await listing(call, CONSUMERS, ())
        page.rows = [_told(row) for row in page.rows]
        return page

    @get("/{consumer_id}", rule="get_consumer", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, consumer: Row) -> Row:
        """Show a consumer."""
        return _told(consumer)

    @post(rule="create_consumer", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a consumer; its secret is shown this once."""
        return await self._logic.register(call.tx, body)

    @patch("/{consumer_id}", rule="update_consumer", allow=ADMIN)
    async def update(self, call: Call, consumer: Row, body: dict[str, Any]) -> Row:
        """Change a consumer; its secret stays."""
        if "secret" in body:
            raise Malformed("Invalid input for field 'secret': it cannot be changed")
        values = merged(consumer, body, CONSUMERS)
        await call.tx.run(update(CONSUMERS).where(CONSUMERS.c.id == consumer["id"]).values(**values))
        return _told({**consumer, **values})

    @delete("/{consumer_id}", rule="delete_consumer", allow=ADMIN)
    async def remove(self, call: Call, consumer: Row) -> None:
        """Delete a consumer; its tokens end."""
        await self._logic.forget(call.tx, consumer["id"])


def _form(row: Row) -> Answer:
    text = f"oauth_token={row['id']}&oauth_token_secret={row['secret']}"
    if row["expires_at"] is not None:
        text += f"&oauth_expires_at={stamp(row['expires_at'])}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-store"}
    return Answer(201, headers, text.encode())


@resource("/OS-OAUTH1", policy="identity:%s")
class Handshake:
    """How a consumer comes by an access token.  Consumers sign their requests and have no token yet."""

    def __init__(self, logic: OAuth1) -> None:
        self._logic = logic

    @post("/request_token", body=None, public=True, transaction="none", raises=(Unauthorized, Missing, Malformed))
    async def request(self, call: Call) -> Answer:
        """Get a request token, for the project of the header Requested-Project-Id."""
        project = call.request.headers.get("requested-project-id")
        if not project:
            raise Malformed("Expecting to find Requested-Project-Id in request.")
        return _form(await self._logic.request(call, project))

    @put(
        "/authorize/{request_token_id}",
        rule="authorize_request_token",
        allow=ADMIN,
        body=Authorization,
        returns=Verifier,
        raises=(Unauthorized, Missing, NotAllowed),
    )
    async def authorize(self, call: Call, request_token_id: str, body: dict[str, Any]) -> Row:
        """Give a request token's consumer some of one's own roles."""
        return await self._logic.authorize(call.tx, call.who, request_token_id, body.get("roles", []))

    @post("/access_token", body=None, public=True, transaction="none", raises=(Unauthorized, Missing, Malformed))
    async def exchange(self, call: Call) -> Answer:
        """Get the access token for a request token that was authorized."""
        return _form(await self._logic.exchange(call))


def _refuse_delegated(call: Call) -> None:
    """Raise where the caller acts by a delegation itself.

    Raises:
        NotAllowed: it does.
    """
    who = call.who
    if who.trust_id or who.application_credential_id or who.extra.get("access_token_id"):
        raise NotAllowed("Access tokens cannot be seen or changed with a token issued via delegation.")


@resource("/users/{user_id}/OS-OAUTH1/access_tokens", schema=AccessToken, policy="identity:%s")
class AccessTokens:
    """What users have authorized."""

    def __init__(self, logic: OAuth1) -> None:
        self._logic = logic

    async def load(self, call: Call, user_id: str, access_token_id: str) -> Row:
        """The user's access token of that id."""
        _refuse_delegated(call)
        c = ACCESS_TOKENS.c
        row = await call.tx.first(select(ACCESS_TOKENS).where(c.id == access_token_id, c.user_id == user_id))
        if row is None:
            raise refuse(call, NotFound("Access token not found"))
        return row

    @get(rule="list_access_tokens", allow=ADMIN, raises=(NotAllowed,))
    async def list(self, call: Call, user_id: str) -> Page:
        """List a user's access tokens."""
        _refuse_delegated(call)
        chosen = select(ACCESS_TOKENS).where(ACCESS_TOKENS.c.user_id == user_id)
        return await listing(call, ACCESS_TOKENS, (), chosen)

    @get("/{access_token_id}", rule="get_access_token", allow=ADMIN, raises=(NotAllowed,))
    async def show(self, call: Call, token: Row) -> Row:
        """Show an access token."""
        return token

    @delete("/{access_token_id}", rule="delete_access_token", allow=ADMIN, raises=(NotAllowed,))
    async def remove(self, call: Call, token: Row) -> None:
        """End an access token and what was got with it."""
        await self._logic.revoke(call.tx, token["id"])

    @get("/{access_token_id}/roles", rule="list_access_token_roles", allow=ADMIN, returns=Role, many=True)
    async def roles(self, call: Call, token: Row) -> Page:
        """List the roles of an access token."""
        return await listing(call, ROLES, (), select(ROLES).where(ROLES.c.id.in_(token["roles"])))

    @get("/{access_token_id}/roles/{role_id}", rule="get_access_token_role", allow=ADMIN, returns=Role)
    async def role(self, call: Call, token: Row, role_id: str) -> Row:
        """Show one of an access token's roles."""
        if role_id not in token["roles"]:
            raise Missing(kind="role", id=role_id)
        return await fetch(call, ROLES, role_id, "role")
