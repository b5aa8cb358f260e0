"""Which scope a request for a token asks for."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from pileus.identity.errors import NotAllowed
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.tokens.access import Access, Accesses, Key
from pileus.identity.tokens.methods import find_domain
from pileus.identity.tokens.payload import DOMAIN, PROJECT, SYSTEM, UNSCOPED
from pileus.identity.tokens.proof import Proof
from pileus.identity.trusts.table import TRUSTS
from pileus.identity.users.table import USERS
from pileus.kernel.api.errors import BadRequest, Forbidden, Unauthorized
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying

_SHAPE = "Expecting to find exactly one of project, domain, system or OS-TRUST:trust in scope."


class Scopes:
    """Turns a proof and a scope into an access."""

    MOST = 4096

    def __init__(self, store: Store, accesses: Accesses, revisions: Revisions) -> None:
        self._store = store
        self._accesses = accesses
        self._revisions = revisions
        self._places: dict[str, tuple[int, str]] = {}
        """Ids of projects and domains by how they were named, and the generation that this holds for."""

    async def access(self, proof: Proof, scope: Any) -> Access:
        """The access that was asked for.

        Raises:
            Unauthorized: the user has none there, or there is no such place.
            BadRequest: the scope is none.
            Forbidden: the proof is not good for that scope.
        """
        credential = proof.credential
        if proof.access_token is not None:
            return await self._delegated(proof, proof.access_token)
        if credential is not None:
            return await self._credential(proof, credential, scope)
        if isinstance(scope, dict) and "OS-TRUST:trust" in scope:
            return await self._trust(proof, scope)
        if scope is None and proof.identity_provider_id:
            scope = "unscoped"  # whom another vouches for says first where to
        if scope is None:
            return await self._default(proof.user_id)
        await self._revisions.fresh()
        key = self._plain(proof.user_id, scope) or self._seen(proof.user_id, scope)
        if key is not None:
            key = _vouched(key, proof)
            known = self._accesses.known(key)
            if known is not None:
                return known
        async with self._store.read() as tx:
            key = key or _vouched(await self._named(tx, proof.user_id, scope), proof)
            return await self._accesses.find(tx, key)

    def _plain(self, user_id: str, scope: Any) -> Key | None:
        """The key of a scope that needs no look-up."""
        if scope == "unscoped" or (isinstance(scope, dict) and scope == {"unscoped": {}}):
            return Key(user_id, UNSCOPED)
        if not isinstance(scope, dict) or len(scope) != 1:
            raise BadRequest(_SHAPE)
        ((kind, given),) = scope.items()
        if not isinstance(given, dict):
            raise BadRequest(_SHAPE)
        if kind == "system":
            if given.get("all") is not True:
                raise BadRequest("Expecting to find all, true, in system.")
            return Key(user_id, SYSTEM, "all")
        kinds = {"project": PROJECT, "domain": DOMAIN}
        if kind not in kinds:
            raise BadRequest(_SHAPE)
        return Key(user_id, kinds[kind], given["id"]) if isinstance(given.get("id"), str) else None

    def _seen(self, user_id: str, scope: dict[str, Any]) -> Key | None:
        """The key of a scope that was named in the same way before, if nothing has changed since."""
        kind = PROJECT if "project" in scope else DOMAIN
        generation, place = self._places.get(repr(scope), (-1, ""))
        return Key(user_id, kind, place) if generation == self._revisions.generation else None

    async def _named(self, tx: Tx, user_id: str, scope: dict[str, Any]) -> Key:
        generation = self._revisions.generation
        key = await self._look_up(tx, user_id, scope)
        if len(self._places) >= self.MOST:
            self._places.clear()
        self._places[repr(scope)] = (generation, key.scope_id)
        return key

    async def _look_up(self, tx: Tx, user_id: str, scope: dict[str, Any]) -> Key:
        if "domain" in scope:
            domain = await find_domain(tx, scope["domain"])
            if domain is None:
                raise Unauthorized
            return Key(user_id, DOMAIN, domain["id"])
        given = scope["project"]
        if not isinstance(given.get("name"), str) or not isinstance(given.get("domain"), dict):
            raise BadRequest("Expecting to find id, or name and domain, in project.")
        domain = await find_domain(tx, given["domain"])
        c = PROJECTS.c
        project = domain and await tx.first(
            select(PROJECTS).where(c.name == given["name"], c.domain_id == domain["id"])
        )
        if not project:
            raise Unauthorized
        return Key(user_id, PROJECT, project["id"])

    async def _default(self, user_id: str) -> Access:
        """The user's default project if they hold a role there, else no scope."""
        async with self._store.read() as tx:
            user = await tx.first(select(USERS.c.default_project_id).where(USERS.c.id == user_id))
            if user is not None and user["default_project_id"]:
                try:
                    return await self._accesses.find(tx, Key(user_id, PROJECT, user["default_project_id"]))
                except Unauthorized:
                    pass
            return await self._accesses.find(tx, Key(user_id, UNSCOPED))

    async def _credential(self, proof: Proof, credential: Row, scope: Any) -> Access:
        """An application credential is good for its own project only."""
        key = Key(proof.user_id, PROJECT, credential["project_id"], application_credential_id=str(credential["id"]))
        if scope is not None:
            if not isinstance(scope, dict) or set(scope) != {"project"} or not isinstance(scope["project"], dict):
                raise Unauthorized
            async with self._store.read() as tx:
                asked = self._plain(proof.user_id, scope) or await self._named(tx, proof.user_id, scope)
            if asked.scope_id != credential["project_id"]:
                raise Unauthorized
        async with self._store.read() as tx:
            return await self._accesses.find(tx, key)

    async def _delegated(self, proof: Proof, token: Row) -> Access:
        """An OAuth 1.0a access token is good for its own project only, whatever is asked for."""
        return await self._accesses.get(Key(proof.user_id, PROJECT, token["project_id"], access_token_id=token["id"]))

    async def _trust(self, proof: Proof, scope: dict[str, Any]) -> Access:
        given = scope["OS-TRUST:trust"]
        if len(scope) != 1 or not isinstance(given, dict) or not isinstance(given.get("id"), str):
            raise BadRequest(_SHAPE)
        identifier = given["id"]

        async def use(tx: Tx) -> Access:
            row = await tx.first(select(TRUSTS).where(TRUSTS.c.id == identifier))
            if row is None or row["deleted_at"] is not None:
                raise Unauthorized
            if row["trustee_user_id"] != proof.user_id:
                raise NotAllowed("User is not a trustee.")
            if row["project_id"] is None:
                raise Unauthorized
            access = await self._accesses.find(tx, Key(proof.user_id, PROJECT, row["project_id"], trust_id=identifier))
            if row["remaining_uses"] is not None:
                c = TRUSTS.c
                left = update(TRUSTS).where(c.id == identifier, c.remaining_uses > 0)
                if not await tx.run(left.values(remaining_uses=c.remaining_uses - 1)):
                    raise Forbidden(f"No remaining uses for trust: {identifier}.")
            return access

        return await retrying(self._store, use)


def _vouched(key: Key, proof: Proof) -> Key:
    """The key with what an identity provider said."""
    if not proof.identity_provider_id:
        return key
    return replace(
        key,
        identity_provider_id=proof.identity_provider_id,
        protocol_id=proof.protocol_id,
        group_ids=proof.group_ids,
    )
