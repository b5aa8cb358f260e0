"""Issuing, reading and revoking tokens.

A hit in the cache costs one dictionary look-up; a miss costs a decryption and one read transaction.  Nothing cached
outlives a change of what it was made from: every entry knows the generation that it was read under.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select

from pileus.identity.revisions.logic import Revisions
from pileus.identity.seals.kinds import LONGEST, Seal
from pileus.identity.tokens.access import Access, Accesses, Key, key_of, stamp
from pileus.identity.tokens.payload import DOMAIN, PROJECT, SYSTEM, Payload
from pileus.identity.tokens.table import REVOKED
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Store, Tx
from pileus.kernel.store.errors import DuplicateRow
from pileus.kernel.world import World

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Entry:
    """A token that was found good."""

    token: str
    payload: Payload
    access: Access
    caller: Caller
    generation: int


class Tokens:
    """Every token of this cloud.

    Args:
        window: for how long an expired token may still be read by who asks for it.
    """

    MOST = 20000
    KEY_CHECK = 30.0

    def __init__(
        self, store: Store, world: World, revisions: Revisions, accesses: Accesses, seal: Seal, window: timedelta
    ) -> None:
        self._store = store
        self._world = world
        self._revisions = revisions
        self.accesses = accesses
        self._seal = seal
        self._window = window
        self._entries: dict[str, Entry] = {}
        self._looked = world.clock.monotonic()

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token.

        Raises:
            Unauthorized: the token is unknown, forged, expired or revoked.
        """
        return (await self.find(token)).caller

    async def find(self, token: str, *, expired: bool = False) -> Entry:
        """A good token.

        Args:
            expired: whether one that has expired lately will do.

        Raises:
            Unauthorized: it is not good.
        """
        generation = await self._revisions.fresh() if self._revisions.due else self._revisions.generation
        entry = self._entries.get(token)
        if entry is not None and entry.generation == generation and self.accesses.stands(entry.access):
            self._in_time(entry.payload, entry.access, expired)
            return entry
        payload = self._open(token)
        async with self._store.read() as tx:
            access = await self.accesses.find(tx, key_of(payload))
            self._in_time(payload, access, expired)
            if await tx.first(select(REVOKED).where(REVOKED.c.audit_id == payload.audit_ids[0])):
                raise Unauthorized
        return self._keep(token, payload, access, generation)

    def _keep(self, token: str, payload: Payload, access: Access, generation: int) -> Entry:
        if len(self._entries) >= self.MOST:
            for old in list(self._entries)[: self.MOST // 2]:
                del self._entries[old]
        entry = Entry(token, payload, access, caller_of(token, payload, access), generation)
        self._entries[token] = entry
        return entry

    def _in_time(self, payload: Payload, access: Access, expired: bool) -> None:
        now = self._world.clock.now()
        end = payload.expires_at + self._window if expired else payload.expires_at
        if now >= end or (access.since is not None and payload.issued_at < access.since):
            raise Unauthorized
        if access.ends is not None and now >= access.ends:
            raise Unauthorized

    def _open(self, token: str) -> Payload:
        if len(token) > LONGEST:
            raise Unauthorized
        self._look_at_keys()
        try:
            return self._seal.open(token)
        except ValueError as error:
            # sealed with a key that another process has rotated in since?
            if not self._seal.refresh():
                raise Unauthorized from error
        try:
            return self._seal.open(token)
        except ValueError as error:
            raise Unauthorized from error

    def _look_at_keys(self) -> None:
        """Take up keys that were rotated by another process."""
        now = self._world.clock.monotonic()
        if now - self._looked >= self.KEY_CHECK:
            self._looked = now
            self._seal.refresh()

    def issue(
        self,
        access: Access,
        methods: tuple[str, ...],
        expires_at: datetime,
        parent: Payload | None = None,
        thumbprint: str = "",
    ) -> Entry:
        """A new token for an access that was just found."""
        own = base64.urlsafe_b64encode(self._world.ids.secret(16)).decode().rstrip("=")
        now = self._world.clock.now()
        key: Key = access.key
        payload = Payload(
            user_id=key.user_id,
            methods=methods,
            scope=key.scope,
            scope_id=key.scope_id,
            issued_at=now,
            expires_at=min(expires_at, access.ends) if access.ends else expires_at,
            audit_ids=(own, parent.audit_ids[-1]) if parent else (own,),
            trust_id=key.trust_id,
            application_credential_id=key.application_credential_id,
            access_token_id=key.access_token_id,
            identity_provider_id=key.identity_provider_id,
            protocol_id=key.protocol_id,
            group_ids=key.group_ids,
            thumbprint=thumbprint,
        )
        self._look_at_keys()
        token = self._seal.close(payload)
        return self._keep(token, payload, access, access.generation)

    async def revoke(self, tx: Tx, entry: Entry) -> None:
        """End one token before its time."""
        oldest = self._world.clock.now() - self._window
        await tx.run(delete(REVOKED).where(REVOKED.c.expires_at < oldest))
        row = {
            "audit_id": entry.payload.audit_ids[0],
            "expires_at": entry.payload.expires_at,
            "revoked_at": self._world.clock.now(),
        }
        try:
            async with tx.savepoint():
                await tx.insert(REVOKED, row)
        except DuplicateRow:
            return
        await self._revisions.changed(tx)


def document(entry: Entry, *, catalog: bool) -> bytes:
    """A token as its holder sees it."""
    payload, access = entry.payload, entry.access
    shown = {
        "methods": payload.methods,
        **access.shown,
        "audit_ids": payload.audit_ids,
        "expires_at": stamp(payload.expires_at),
        "issued_at": stamp(payload.issued_at),
    }
    if payload.thumbprint:
        shown["oauth2_credential"] = {"x5t#S256": payload.thumbprint}
    if catalog and access.catalog is not None:
        shown["catalog"] = access.catalog
    return _encode({"token": shown})


def caller_of(token: str, payload: Payload, access: Access) -> Caller:
    """Who a token makes its bearer."""
    names = frozenset(role["name"] for role in access.roles)
    user, domain = access.user, access.domain
    in_project = payload.scope == PROJECT and access.project is not None and domain is not None
    extra: dict[str, Any] = {}
    values: dict[str, Any] = {}
    if in_project:
        assert access.project is not None
        assert domain is not None
        values = {
            "project_id": access.project["id"],
            "project_name": access.project["name"],
            "project_domain_id": domain["id"],
            "project_domain_name": domain["name"],
        }
        extra = {"project": {"id": access.project["id"], "domain": {"id": domain["id"]}}}
    elif payload.scope == DOMAIN and domain is not None:
        values = {"domain_id": domain["id"], "domain_name": domain["name"]}
        extra = {"domain": {"id": domain["id"]}}
    return Caller(
        user_id=user["id"],
        user_name=user["name"],
        user_domain_id=access.user_domain["id"],
        user_domain_name=access.user_domain["name"],
        system=payload.scope == SYSTEM,
        roles=names,
        is_admin="admin" in names,
        trust_id=payload.trust_id,
        application_credential_id=payload.application_credential_id,
        access_rules=access.access_rules,
        thumbprint=payload.thumbprint,
        token=token,
        expires_at=payload.expires_at,
        extra={
            **extra,
            "unrestricted": access.credential is None or access.credential["unrestricted"],
            "methods": payload.methods,
            "access_token_id": payload.access_token_id,
            "group_ids": payload.group_ids,
            "federated": bool(payload.identity_provider_id),
        },
        **values,
    )
