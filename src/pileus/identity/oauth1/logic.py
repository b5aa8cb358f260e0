"""From a consumer's request token through a user's authorization to an access token, and from that to a login."""

import secrets
import string
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, delete, select, update

from pileus.identity.assignments.logic import ancestors, on_project, role_ids
from pileus.identity.credentials.logic import Blobs
from pileus.identity.errors import Missing, NotAllowed
from pileus.identity.oauth1.signature import AGE, Signed, signed
from pileus.identity.oauth1.table import ACCESS_TOKENS, CONSUMERS, REQUEST_TOKENS
from pileus.identity.once.logic import Once
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.book import RoleBook
from pileus.identity.tokens.proof import Proof
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

REQUEST_LIFE = timedelta(hours=8)
"""How long a user may take to authorize a consumer."""
ACCESS_LIFE = timedelta(hours=24)
"""How long a consumer may act then."""
_LETTERS = string.ascii_letters + string.digits


class OAuth1:
    """Consumers and their tokens."""

    def __init__(
        self,
        store: Store,
        world: World,
        revisions: Revisions,
        book: RoleBook,
        blobs: Blobs,
        once: Once,
    ) -> None:
        self._store = store
        self._world = world
        self._revisions = revisions
        self._book = book
        self._blobs = blobs
        self._once = once

    async def register(self, tx: Tx, body: dict[str, Any]) -> Row:
        """Make a consumer; its secret is told this once."""
        secret = self._world.ids.secret(16).hex()
        row = {
            "id": self._world.ids.hex(),
            "description": body.get("description"),
            "extra": {name: value for name, value in body.items() if name not in CONSUMERS.c},
        }
        await tx.insert(CONSUMERS, {**row, "secret": self._blobs.seal(secret)})
        return {**row, "secret": secret}

    async def forget(self, tx: Tx, id: str) -> None:
        """Remove a consumer with all its tokens."""
        for table in (REQUEST_TOKENS, ACCESS_TOKENS):
            await tx.run(delete(table).where(table.c.consumer_id == id))
        await tx.run(delete(CONSUMERS).where(CONSUMERS.c.id == id))
        await self._revisions.changed(tx)

    async def request(self, call: Call, project_id: str) -> Row:
        """A request token for a consumer that asks for one; `secret` is readable.

        Raises:
            Missing: there is no such project.
            Unauthorized: the consumer is unknown or has not signed.
        """
        asked = of(call)
        consumer_id = asked.required("oauth_consumer_key")
        async with self._store.read() as tx:
            consumer = await self._row(tx, CONSUMERS, consumer_id)
            project = await tx.first(select(PROJECTS.c.id).where(PROJECTS.c.id == project_id))
        await self._check(asked, consumer, None)
        if project is None:
            raise Missing(kind="project", id=project_id)
        now = self._world.clock.now()
        row: Row = {
            **self._fresh(REQUEST_LIFE),
            "consumer_id": consumer_id,
            "project_id": project_id,
            "verifier": None,
            "user_id": None,
            "roles": None,
        }

        async def write(tx: Tx) -> None:
            await tx.run(delete(REQUEST_TOKENS).where(REQUEST_TOKENS.c.expires_at < now))
            await tx.insert(REQUEST_TOKENS, {**row, "secret": self._blobs.seal(row["secret"])})

        await retrying(self._store, write)
        return row

    async def authorize(self, tx: Tx, who: Caller, id: str, roles: list[dict[str, str]]) -> Row:
        """Give a request token's consumer some of the caller's roles.

        Raises:
            NotAllowed: the caller acts by a delegation, which must not be handed on.
            Missing: there is no such request token or role.
            Unauthorized: the request token has ended, or a role is not the caller's.
        """
        if who.trust_id or who.application_credential_id or who.extra.get("access_token_id"):
            raise NotAllowed("Cannot authorize a request token with a token issued via delegation.")
        row = await tx.first(select(REQUEST_TOKENS).where(REQUEST_TOKENS.c.id == id))
        if row is None:
            raise Missing("Request token not found")
        if row["expires_at"] is not None and row["expires_at"] <= self._world.clock.now():
            raise Unauthorized("Request token is expired")
        wanted = await self._role_ids(tx, roles)
        project = await tx.first(select(PROJECTS).where(PROJECTS.c.id == row["project_id"]))
        if project is None:
            raise Missing(kind="project", id=row["project_id"])
        where = on_project(project["id"], [other["id"] for other in await ancestors(tx, project)])
        held = await role_ids(tx, who.user_id, where, self._world.clock.now())
        if not set(wanted) <= self._book.closure(held):
            raise Unauthorized("authorizing user does not have role required")
        given = {"verifier": _verifier(), "user_id": who.user_id, "roles": wanted}
        await tx.run(update(REQUEST_TOKENS).where(REQUEST_TOKENS.c.id == id).values(**given))
        return {**row, **given}

    async def _role_ids(self, tx: Tx, roles: list[dict[str, str]]) -> list[str]:
        await self._book.refresh(tx, self._revisions.generation)
        by_name = {row["name"]: row["id"] for row in self._book.by_id.values() if not row["domain_id"]}
        found = []
        for role in roles:
            identifier = role.get("id") or by_name.get(role.get("name", ""))
            if identifier not in self._book.by_id:
                raise Missing(kind="role", id=role.get("id") or role.get("name"))
            found.append(identifier)
        return list(dict.fromkeys(found))

    async def exchange(self, call: Call) -> Row:
        """The access token for a request token that was authorized; `secret` is readable.

        Raises:
            Missing: there is no such request token.
            Unauthorized: it is not the consumer's, has ended, is not authorized or not signed for.
        """
        asked = of(call)
        consumer_id, token_id = asked.required("oauth_consumer_key"), asked.required("oauth_token")
        verifier = asked.required("oauth_verifier")
        async with self._store.read() as tx:
            consumer = await self._row(tx, CONSUMERS, consumer_id)
            token = await self._row(tx, REQUEST_TOKENS, token_id)
        if token is None:
            raise Missing("Request token not found")
        if token["expires_at"] is not None and token["expires_at"] <= self._world.clock.now():
            raise Unauthorized("Request token is expired")
        if token["consumer_id"] != consumer_id:
            raise Unauthorized("Provided consumer key does not match stored consumer key.")
        await self._check(asked, consumer, token)
        if token["verifier"] is None or not secrets.compare_digest(
            token["verifier"].encode(), verifier.encode("utf-8", "surrogatepass")
        ):
            raise Unauthorized("Provided verifier does not match stored verifier")
        row: Row = {
            **self._fresh(ACCESS_LIFE),
            **{name: token[name] for name in ("consumer_id", "project_id", "user_id", "roles")},
        }

        async def write(tx: Tx) -> None:
            if not await tx.run(delete(REQUEST_TOKENS).where(REQUEST_TOKENS.c.id == token_id)):
                raise Unauthorized("Request token not found")
            await tx.run(delete(ACCESS_TOKENS).where(ACCESS_TOKENS.c.expires_at < self._world.clock.now()))
            await tx.insert(ACCESS_TOKENS, {**row, "secret": self._blobs.seal(row["secret"])})

        await retrying(self._store, write)
        return row

    async def prove(self, _part: dict[str, Any], call: Call) -> Proof:
        """What a signed request for a token proves.

        Raises:
            Unauthorized: the access token is unknown or has ended, or the request is not signed for it.
        """
        asked = of(call)
        token_id = asked.required("oauth_token")
        async with self._store.read() as tx:
            token = await self._row(tx, ACCESS_TOKENS, token_id)
            consumer = await self._row(tx, CONSUMERS, asked.required("oauth_consumer_key"))
        ended = token is not None and token["expires_at"] is not None and token["expires_at"] <= self._world.clock.now()
        if token is None or consumer is None or token["consumer_id"] != consumer["id"] or ended:
            raise Unauthorized("Could not validate the access token")
        await self._check(asked, consumer, token)
        return Proof(token["user_id"], ("oauth1",), access_token=token)

    async def revoke(self, tx: Tx, id: str) -> None:
        """End an access token and every token that was got with it."""
        await tx.run(delete(ACCESS_TOKENS).where(ACCESS_TOKENS.c.id == id))
        await self._revisions.changed(tx)

    async def _row(self, tx: Tx, table: Table, id: str) -> Row | None:
        return await tx.first(select(table).where(table.c.id == id))

    def _secret(self, row: Row | None) -> str:
        return str(self._blobs.open({"blob": row["secret"]})["blob"]) if row else ""

    async def _check(self, asked: Signed, consumer: Row | None, token: Row | None) -> None:
        """Raise unless a request is signed by its consumer, for its token, for the first time."""
        now = self._world.clock.now()
        if consumer is None:
            raise Unauthorized("Provided consumer does not exist.")
        asked.check(self._secret(consumer), self._secret(token), now.timestamp())
        value = f"{consumer['id']} {asked.oauth.get('oauth_timestamp')} {asked.oauth.get('oauth_nonce')}"
        if not await self._once.use("oauth1", value, now + timedelta(seconds=2 * AGE)):
            raise Unauthorized("Invalid signature")

    def _fresh(self, life: timedelta) -> Row:
        ends = self._world.clock.now() + life
        return {"id": self._world.ids.hex(), "secret": self._world.ids.secret(16).hex(), "expires_at": ends}


def _verifier() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def of(call: Call) -> Signed:
    """A request as it was signed.

    Raises:
        Malformed: it does not say that it is signed.
    """
    url = call.request.url
    plain = str(url.replace(query="", fragment=""))
    public = call.base.partition("://")[0] + "://" + plain.partition("://")[2]
    below = call.request.scope["path"]
    head = "/".join(call.base.split("/")[:3])
    addresses = (plain, public, head + below)
    return signed(call.request.method, addresses, url.query, call.request.headers.get("authorization", ""))
