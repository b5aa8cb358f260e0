"""Assertions for other clouds: what a user of ours is to a cloud that believes this one (Keystone to Keystone)."""

import asyncio
from datetime import timedelta

import msgspec
from sqlalchemy import select

from pileus.identity.errors import Missing, NotAllowed
from pileus.identity.federation.entry.places import Places
from pileus.identity.federation.saml import writing
from pileus.identity.federation.saml.signing import OwnKey, sign
from pileus.identity.federation.table import SERVICE_PROVIDERS
from pileus.identity.groups.table import GROUPS, MEMBERS
from pileus.identity.projects.table import PROJECTS
from pileus.identity.tokens.logic import Entry, Tokens
from pileus.identity.tokens.payload import PROJECT
from pileus.kernel.api.errors import Forbidden
from pileus.kernel.store import Row, Store
from pileus.kernel.world import World


class Handout:
    """Writes assertions.

    Args:
        seconds: for how long they are good.
    """

    def __init__(self, store: Store, world: World, tokens: Tokens, places: Places, key: OwnKey, seconds: int) -> None:
        self._store = store
        self._world = world
        self._tokens = tokens
        self._places = places
        self._key = key
        self._seconds = seconds

    async def assertion(self, token: str, service_provider: str, *, program: bool) -> tuple[bytes, Row]:
        """A signed response for a service provider, and the provider; as programs bring it, if asked for.

        Raises:
            Missing: there is no such service provider.
            Forbidden: it is disabled.
            NotAllowed: the token is not one of a project.
            Unauthorized: the token is not good.
        """
        async with self._store.read() as tx:
            found = await tx.first(select(SERVICE_PROVIDERS).where(SERVICE_PROVIDERS.c.id == service_provider))
        if found is None:
            raise Missing(kind="service provider", id=service_provider)
        if not found["enabled"]:
            raise Forbidden(f"Service Provider {service_provider} is disabled")
        entry = await self._tokens.find(token)
        who = entry.caller
        delegated = who.trust_id or who.application_credential_id or entry.payload.access_token_id
        if entry.payload.scope != PROJECT or delegated or entry.payload.thumbprint:
            raise NotAllowed(action="Use a project scoped token when attempting to create a SAML assertion")
        subject = await self._subject(entry)
        now = self._world.clock.now()
        identifier, ours, place = "_" + self._world.ids.hex(), self._places.entity_id, found["sp_url"]
        ends = min(now + timedelta(seconds=self._seconds), entry.payload.expires_at)
        certificate = await asyncio.to_thread(self._key.certificate)
        bare = writing.assertion(
            identifier, now, ends, ours=ours, place=place, subject=subject, certificate=certificate
        )
        signed = await asyncio.to_thread(sign, bare, identifier, self._key.key)
        message = writing.response("_" + self._world.ids.hex(), now, signed, ours=ours, place=place)
        if program:
            message = writing.paos_response(message, found["relay_state_prefix"] + self._world.ids.hex())
        return message, found

    async def _subject(self, entry: Entry) -> writing.Subject:
        who = entry.caller
        g, m, p = GROUPS.c, MEMBERS.c, PROJECTS.c
        chosen = (
            select(g.name, p.name.label("domain"))
            .join(MEMBERS, m.group_id == g.id)
            .join(PROJECTS, p.id == g.domain_id)
            .where(m.user_id == who.user_id)
            .order_by(g.name)
        )
        async with self._store.read() as tx:
            rows = await tx.all(chosen)
        groups = [msgspec.json.encode({"name": r["name"], "domain": {"name": r["domain"]}}).decode() for r in rows]
        return writing.Subject(
            user=who.user_name,
            user_domain=who.user_domain_name,
            project=who.project_name,
            project_domain=who.project_domain_name,
            roles=tuple(sorted(who.roles)),
            groups=tuple(f"JSON:{group}" for group in groups),
        )
