"""Access: what a user may in a scope right now, as tokens show it.

It is looked up with one read transaction and kept for as long as nothing that it depends on changes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from pileus.identity.application_credentials.table import ACCESS_RULES, APPLICATION_CREDENTIALS
from pileus.identity.assignments.logic import ancestors, on_project, on_target, role_ids
from pileus.identity.federation.standing import next_expiry, service_providers, vouching
from pileus.identity.oauth1.table import ACCESS_TOKENS
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.book import RoleBook
from pileus.identity.services.catalog import Catalog
from pileus.identity.tokens.payload import DOMAIN, PROJECT, SYSTEM, UNSCOPED, Payload
from pileus.identity.trusts.table import TRUSTS
from pileus.identity.users.table import USERS
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.clock import Clock
from pileus.kernel.store import Row, Store, Tx


@dataclass(frozen=True, slots=True)
class Key:
    """Whose access to what."""

    user_id: str
    scope: int
    scope_id: str = ""
    trust_id: str = ""
    application_credential_id: str = ""
    access_token_id: str = ""
    identity_provider_id: str = ""
    protocol_id: str = ""
    group_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Access:
    """What was found.

    Attributes:
        user: who the token speaks for: the trustor's row where a trust impersonates.
        roles: id and name each, implied ones included.
        since: tokens issued before this moment are no longer good.
        ends: the moment that ends it whatever a token says; None for none.
        review: the moment from which it must be found anew, because something that it rests on ends then.
        shown: what a token says of it, beside its own methods and times.
        generation: the one that it was read under.
    """

    key: Key
    user: Row
    user_domain: Row
    project: Row | None = None
    domain: Row | None = None
    trust: Row | None = None
    credential: Row | None = None
    access_token: Row | None = None
    access_rules: tuple[dict[str, Any], ...] | None = None
    roles: list[dict[str, str]] = field(default_factory=list)
    since: datetime | None = None
    ends: datetime | None = None
    review: datetime | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    catalog: msgspec.Raw | None = None
    generation: int = -1


def key_of(payload: Payload) -> Key:
    """The access that a token is about."""
    return Key(
        payload.user_id,
        payload.scope,
        payload.scope_id,
        payload.trust_id,
        payload.application_credential_id,
        payload.access_token_id,
        payload.identity_provider_id,
        payload.protocol_id,
        payload.group_ids,
    )


def stamp(moment: datetime | None) -> str | None:
    """A moment as identity writes it."""
    return None if moment is None else moment.isoformat(timespec="microseconds")[:26] + "Z"


class Accesses:
    """Finds accesses and keeps them."""

    MOST = 20000

    def __init__(self, store: Store, revisions: Revisions, clock: Clock, book: RoleBook, catalog: Catalog) -> None:
        self._store = store
        self._revisions = revisions
        self._clock = clock
        self._book = book
        self._catalog = catalog
        self._generation = -1
        self._known: dict[Key, Access] = {}
        self._others: list[dict[str, str]] = []
        """Other clouds that believe this one, as of the generation."""

    def known(self, key: Key) -> Access | None:
        """The access if it was found before and nothing has changed since."""
        if self._generation != self._revisions.generation:
            return None
        access = self._known.get(key)
        return access if access is not None and self.stands(access) else None

    def stands(self, access: Access) -> bool:
        """Whether an access of this generation is still what would be found."""
        return access.review is None or self._clock.now() < access.review

    async def get(self, key: Key) -> Access:
        """The access, found in a transaction of its own where it is not known.

        Raises:
            Unauthorized: there is none.
        """
        if self._revisions.due:
            await self._revisions.fresh()
        known = self.known(key)
        if known is not None:
            return known
        async with self._store.read() as tx:
            return await self.find(tx, key)

    async def find(self, tx: Tx, key: Key) -> Access:
        """The access.

        Raises:
            Unauthorized: there is none: something does not exist, is disabled or expired, or no role is left.
        """
        known = self.known(key)
        if known is not None:
            return known
        generation = self._revisions.generation
        await self._book.refresh(tx, generation)
        await self._catalog.refresh(tx, self._revisions.catalog)
        if self._generation != generation:
            self._others = await service_providers(tx)
        access = await self._look_up(tx, key)
        self._show(access)
        access.generation = generation
        if generation == self._revisions.generation:
            if self._generation != generation or len(self._known) >= self.MOST:
                self._known.clear()
                self._generation = generation
            self._known[key] = access
        return access

    async def _look_up(self, tx: Tx, key: Key) -> Access:
        user, domain = await self._user(tx, key.user_id)
        access = Access(key, user, domain)
        self._notice(access, user, domain)
        grantor, limit = key.user_id, None
        if key.trust_id:
            grantor, limit = await self._trust(tx, access)
        if key.application_credential_id:
            limit = await self._credential(tx, access)
        if key.access_token_id:
            limit = await self._delegated(tx, access)
        if key.identity_provider_id:
            self._notice(access, await vouching(tx, key.identity_provider_id, key.protocol_id))
        if key.scope == UNSCOPED:
            return access
        if key.scope == PROJECT:
            where = await self._project(tx, access)
        elif key.scope == DOMAIN:
            access.domain = await self._domain(tx, key.scope_id)
            self._notice(access, access.domain)
            where = on_target("domain", key.scope_id)
        else:
            where = on_target("system", "all")
        now = self._clock.now()
        access.review = await next_expiry(tx, grantor, now)
        held = await role_ids(tx, grantor, where, now, key.group_ids if grantor == key.user_id else ())
        if limit is not None:
            held = self._book.closure(held) & limit
        access.roles = self._book.shown(held)
        if not access.roles:
            raise Unauthorized
        return access

    def _notice(self, access: Access, *rows: Row) -> None:
        """Tokens must be younger than the last moment that any of the rows was disabled."""
        moments = [row["tokens_since"] for row in rows if row["tokens_since"]]
        access.since = max([*moments, *([access.since] if access.since else [])], default=None)

    async def _user(self, tx: Tx, id: str) -> tuple[Row, Row]:
        user = await tx.first(select(USERS).where(USERS.c.id == id))
        if user is None or not user["enabled"]:
            raise Unauthorized
        return user, await self._domain(tx, user["domain_id"])

    async def _domain(self, tx: Tx, id: str) -> Row:
        where = (PROJECTS.c.id == id, PROJECTS.c.is_domain.is_(True), PROJECTS.c.enabled.is_(True))
        row = await tx.first(select(PROJECTS).where(*where))
        if row is None:
            raise Unauthorized
        return row

    async def _project(self, tx: Tx, access: Access) -> Any:
        row = await tx.first(select(PROJECTS).where(PROJECTS.c.id == access.key.scope_id))
        if row is None or not row["enabled"]:
            raise Unauthorized
        access.project = row
        above = await ancestors(tx, row)
        access.domain = above[-1] if above else row
        if not access.domain["enabled"]:
            raise Unauthorized
        self._notice(access, row, access.domain)
        return on_project(row["id"], [other["id"] for other in above])

    async def _trust(self, tx: Tx, access: Access) -> tuple[str, set[str]]:
        identifier: str | None = access.key.trust_id
        row = await tx.first(select(TRUSTS).where(TRUSTS.c.id == identifier))
        access.trust = row
        if row is None or row["trustee_user_id"] != access.key.user_id:
            raise Unauthorized
        if row["project_id"] != access.key.scope_id:
            raise Unauthorized
        link: Row = row
        while True:  # every trust that this one was handed on from must stand
            if link["deleted_at"] is not None or (link["expires_at"] and link["expires_at"] <= self._clock.now()):
                raise Unauthorized
            if link["expires_at"] is not None:
                access.ends = min(access.ends or link["expires_at"], link["expires_at"])
            above = link["redelegated_trust_id"]
            if not above:
                break
            found = await tx.first(select(TRUSTS).where(TRUSTS.c.id == above))
            if found is None:
                raise Unauthorized
            link = found
        trustor, domain = await self._user(tx, row["trustor_user_id"])
        self._notice(access, trustor, domain)
        if row["impersonation"]:
            access.user, access.user_domain = trustor, domain
        return row["trustor_user_id"], self._book.closure(set(row["roles"]))

    async def _credential(self, tx: Tx, access: Access) -> set[str]:
        c = APPLICATION_CREDENTIALS.c
        row = await tx.first(select(APPLICATION_CREDENTIALS).where(c.id == access.key.application_credential_id))
        access.credential = row
        if row is None or row["user_id"] != access.key.user_id or row["project_id"] != access.key.scope_id:
            raise Unauthorized
        if row["expires_at"] is not None:
            if row["expires_at"] <= self._clock.now():
                raise Unauthorized
            access.ends = row["expires_at"]
        if row["access_rules"] is not None:
            rules = await tx.all(select(ACCESS_RULES).where(ACCESS_RULES.c.id.in_(row["access_rules"])))
            shown = ({name: rule[name] for name in ("id", "service", "method", "path")} for rule in rules)
            access.access_rules = tuple(shown)
        return self._book.closure(set(row["roles"]))

    async def _delegated(self, tx: Tx, access: Access) -> set[str]:
        c = ACCESS_TOKENS.c
        row = await tx.first(select(ACCESS_TOKENS).where(c.id == access.key.access_token_id))
        access.access_token = row
        if row is None or row["user_id"] != access.key.user_id or row["project_id"] != access.key.scope_id:
            raise Unauthorized
        if row["expires_at"] is not None:
            if row["expires_at"] <= self._clock.now():
                raise Unauthorized
            access.ends = row["expires_at"]
        return self._book.closure(set(row["roles"]))

    def _show(self, access: Access) -> None:
        user, key = access.user, access.key
        shown: dict[str, Any] = {
            "user": {
                "domain": _named(access.user_domain),
                "id": user["id"],
                "name": user["name"],
                "password_expires_at": stamp(user["password_expires_at"]),
            }
        }
        if key.scope == SYSTEM:
            shown["system"] = {"all": True}
        elif key.scope == DOMAIN and access.domain is not None:
            shown["domain"] = _named(access.domain)
        elif access.project is not None and access.domain is not None:
            shown["project"] = {"domain": _named(access.domain), **_named(access.project)}
            shown["is_domain"] = bool(access.project["is_domain"])
        if key.scope != UNSCOPED:
            shown["roles"] = access.roles
            access.catalog = self._catalog.rendered(user["id"], key.scope_id if key.scope == PROJECT else "")
        if self._others:
            shown["service_providers"] = self._others
        if key.identity_provider_id:
            del shown["user"]["password_expires_at"]
            shown["user"]["OS-FEDERATION"] = {
                "groups": [{"id": group} for group in key.group_ids],
                "identity_provider": {"id": key.identity_provider_id},
                "protocol": {"id": key.protocol_id},
            }
        if access.access_token is not None:
            token = access.access_token
            shown["OS-OAUTH1"] = {"access_token_id": token["id"], "consumer_id": token["consumer_id"]}
        if access.trust is not None:
            shown["OS-TRUST:trust"] = {
                "id": access.trust["id"],
                "trustor_user": {"id": access.trust["trustor_user_id"]},
                "trustee_user": {"id": access.trust["trustee_user_id"]},
                "impersonation": access.trust["impersonation"],
            }
        if access.credential is not None:
            shown["application_credential"] = {
                "id": access.credential["id"],
                "name": access.credential["name"],
                "restricted": not access.credential["unrestricted"],
            }
            if access.access_rules:
                shown["application_credential"]["access_rules"] = list(access.access_rules)
        access.shown = shown


def _named(row: Row) -> dict[str, str]:
    return {"id": row["id"], "name": row["name"]}
