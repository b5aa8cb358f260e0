"""From what an identity provider says of somebody to a user of ours: the user, groups and projects that it tells of."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import and_, delete, select, update

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.errors import Missing, NotAllowed, Taken
from pileus.identity.federation.rules import Assertion, Mapped, NoMatch, processed
from pileus.identity.federation.table import IDENTITY_PROVIDERS, MAPPINGS, PROTOCOLS, REMOTE_IDS, SHADOWS
from pileus.identity.groups.table import EXPIRING_MEMBERS, GROUPS
from pileus.identity.projects.logic import ProjectLogic
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.table import ROLES
from pileus.identity.tokens.methods import find_domain, find_user
from pileus.identity.tokens.payload import METHODS
from pileus.identity.tokens.proof import Proof
from pileus.identity.users.table import USERS
from pileus.kernel.api.errors import BadRequest, Forbidden, Unauthorized
from pileus.kernel.store import DuplicateRow, Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World


class Shadows:
    """Knows the users of identity providers.

    Args:
        life: for how long memberships outlive a login where the provider does not say; nothing for no longer than
            the token.
    """

    def __init__(
        self, store: Store, world: World, revisions: Revisions, projects: ProjectLogic, life: timedelta
    ) -> None:
        self._store = store
        self._world = world
        self._revisions = revisions
        self._projects = projects
        self._life = life

    async def accept(self, provider: str, protocol: str, assertion: Assertion, speaker: str) -> Proof:
        """The proof that an assertion is.

        Args:
            assertion: checked already: its signature, its time, and that it was made for us.
            speaker: what the provider calls itself in it.

        Raises:
            Forbidden: the provider is disabled, or does not call itself so.
            Missing: there is no such provider or protocol, or a role that is to be given.
            Unauthorized: the mapping makes nobody of it.
            Taken: its name is another's.
        """

        async def write(tx: Tx) -> Proof:
            vouching = await self._vouching(tx, provider, protocol, assertion, speaker)
            mapping = await tx.first(
                select(MAPPINGS)
                .join(PROTOCOLS, PROTOCOLS.c.mapping_id == MAPPINGS.c.id)
                .where(PROTOCOLS.c.id == protocol, PROTOCOLS.c.identity_provider_id == provider)
            )
            if mapping is None:
                raise Missing(f"Could not find federated protocol {protocol} for Identity Provider: {provider}.")
            try:
                mapped = processed(mapping["rules"], mapping["schema_version"], assertion)
            except NoMatch as error:
                raise Unauthorized(str(error)) from error
            method = protocol if protocol in METHODS else "mapped"
            if mapped.local:
                return Proof((await self._local(tx, mapped))["id"], (method,))
            mapped.user.setdefault("name", _one(assertion, "REMOTE_USER"))
            groups = await self._groups(tx, mapped)
            user_id = await self._shadow(tx, vouching, protocol, mapped)
            await self._join(tx, vouching, user_id, groups)
            await self._place(tx, vouching, user_id, mapped)
            return Proof(
                user_id, (method,), identity_provider_id=provider, protocol_id=protocol, group_ids=tuple(groups)
            )

        return await retrying(self._store, write)

    async def _vouching(self, tx: Tx, provider: str, protocol: str, assertion: Assertion, speaker: str) -> Row:
        row = await tx.first(select(IDENTITY_PROVIDERS).where(IDENTITY_PROVIDERS.c.id == provider))
        if row is None:
            raise Missing(kind="identity provider", id=provider)
        if not row["enabled"]:
            raise Forbidden(f"Identity Provider {provider} is disabled")
        p = PROTOCOLS.c
        chosen = select(p.remote_id_attribute).where(p.id == protocol, p.identity_provider_id == provider)
        name = await tx.scalar(chosen)
        told = _one(assertion, name) if name else speaker
        remote = await tx.all(select(REMOTE_IDS.c.remote_id).where(REMOTE_IDS.c.identity_provider_id == provider))
        if remote and told not in {other["remote_id"] for other in remote}:
            raise Forbidden("Incoming identity provider identifier not included among the accepted identifiers.")
        return row

    async def _local(self, tx: Tx, mapped: Mapped) -> Row:
        try:
            user = await find_user(tx, mapped.user)
        except BadRequest as error:
            raise Unauthorized(error.text) from error
        if user is None:
            raise Unauthorized
        return user

    async def _groups(self, tx: Tx, mapped: Mapped) -> list[str]:
        """The ids of the groups that are told; those told by id must be there."""
        g = GROUPS.c
        there = {row["id"] for row in await tx.all(select(g.id).where(g.id.in_(mapped.group_ids)))}
        if not there.issuperset(mapped.group_ids):
            raise Unauthorized("Group returned by mapping was not found in the backend.")
        found = list(mapped.group_ids)
        for group in mapped.groups:
            domain = await find_domain(tx, group["domain"])
            if domain is None:
                raise Unauthorized("Domain returned by mapping was not found.")
            where = (g.name == group["name"], g.domain_id == domain["id"])
            identifier = await tx.scalar(select(g.id).where(*where))
            if identifier is not None:
                found.append(identifier)
        return sorted(set(found))

    async def _shadow(self, tx: Tx, vouching: Row, protocol: str, mapped: Mapped) -> str:
        """The id of our user, who is made when first seen; a user of ours is never taken over."""
        told = mapped.user
        unique = quote(told.get("id") or told.get("name") or "")
        name = told.get("name") or told.get("id")
        if not unique or not name:
            raise Unauthorized("Could not map user while setting ephemeral user identity.")
        if len(unique) > 255 or len(name) > 255:
            raise Unauthorized("The user's name is too long.")
        domain = await find_domain(tx, told.get("domain") or {"id": vouching["domain_id"]})
        if domain is None:
            raise Unauthorized("Domain returned by mapping was not found.")
        s = SHADOWS.c
        mine = and_(s.identity_provider_id == vouching["id"], s.unique_id == unique)
        known = await tx.all(select(SHADOWS).where(mine))
        row = next((row for row in known if row["protocol_id"] == protocol), None)
        user_id: str | None = row["user_id"] if row else known[0]["user_id"] if known else None
        if user_id is None:
            user_id = await self._make(tx, domain["id"], unique, name, told.get("email"))
        else:
            await self._rename(tx, user_id, name)
        if row is None:
            fresh = {"identity_provider_id": vouching["id"], "protocol_id": protocol, "unique_id": unique}
            await tx.insert(SHADOWS, {**fresh, "user_id": user_id})
        return user_id

    async def _make(self, tx: Tx, domain_id: str, unique: str, name: str, email: str | None) -> str:
        identifier = hashlib.sha256(f"{domain_id}user{unique}".encode()).hexdigest()
        if await tx.first(select(USERS.c.id).where(USERS.c.id == identifier)) is not None:
            identifier = self._world.ids.hex()  # somebody of another provider in the same domain
        row = {
            "id": identifier,
            "name": name,
            "domain_id": domain_id,
            "enabled": True,
            "default_project_id": None,
            "options": {},
            "extra": {"email": email} if email else {},
            "password_hash": None,
            "failures": 0,
        }
        try:
            async with tx.savepoint():
                await tx.insert(USERS, row)
        except DuplicateRow as error:
            raise Taken(kind="user", details=f"Duplicate entry found with name {name}") from error
        return identifier

    async def _rename(self, tx: Tx, user_id: str, name: str) -> None:
        user = await tx.first(select(USERS.c.name).where(USERS.c.id == user_id))
        if user is None:
            raise Unauthorized
        if user["name"] == name:
            return
        try:
            async with tx.savepoint():
                await tx.run(update(USERS).where(USERS.c.id == user_id).values(name=name))
        except DuplicateRow as error:
            raise Taken(kind="user", details=f"Duplicate entry found with name {name}") from error
        await self._revisions.changed(tx)

    async def _join(self, tx: Tx, vouching: Row, user_id: str, groups: list[str]) -> None:
        """Note the memberships that outlive the token; those that are not told any more end, with older tokens."""
        ttl = vouching["authorization_ttl"]
        life = self._life if ttl is None else timedelta(minutes=ttl)
        now = self._world.clock.now()
        e = EXPIRING_MEMBERS.c
        mine = and_(e.user_id == user_id, e.identity_provider_id == vouching["id"])
        known = {row["group_id"]: row["expires_at"] for row in await tx.all(select(EXPIRING_MEMBERS).where(mine))}
        gone = [group for group, ends in known.items() if group not in groups and ends > now]
        wanted = groups if life else []
        if not known and not wanted:
            return
        await tx.run(delete(EXPIRING_MEMBERS).where(mine))
        ends: datetime = now + life
        row = {"user_id": user_id, "identity_provider_id": vouching["id"], "expires_at": ends}
        await tx.insert(EXPIRING_MEMBERS, [{**row, "group_id": group} for group in wanted])
        if gone:
            await tx.run(update(USERS).where(USERS.c.id == user_id).values(tokens_since=now))
        if gone or set(known) != set(wanted):
            await self._revisions.changed(tx)

    async def _place(self, tx: Tx, vouching: Row, user_id: str, mapped: Mapped) -> None:
        """Make the projects that are told, and give the roles on them."""
        if not mapped.projects and not mapped.follows:
            return
        told: set[tuple[str, str]] = set()
        for project in mapped.projects:
            roles = [await self._role(tx, role["name"], vouching) for role in project["roles"]]
            identifier = await self._project(tx, project, vouching)
            told |= {(identifier, role) for role in roles}
        a = ASSIGNMENTS.c
        own = and_(a.actor == "user", a.actor_id == user_id, a.target == "project", a.inherited.is_(False))
        held = {(row["target_id"], row["role_id"]) for row in await tx.all(select(ASSIGNMENTS).where(own))}
        row: Row = {"actor": "user", "actor_id": user_id, "target": "project", "inherited": False}
        fresh = [{**row, "target_id": target, "role_id": role} for target, role in sorted(told - held)]
        gone = held - told if mapped.follows else set()
        await tx.insert(ASSIGNMENTS, fresh)
        for target, role in gone:
            await tx.run(delete(ASSIGNMENTS).where(own, a.target_id == target, a.role_id == role))
        if fresh or gone:
            await self._revisions.changed(tx)

    async def _role(self, tx: Tx, name: str, vouching: Row) -> str:
        r = ROLES.c
        rows = await tx.all(select(ROLES).where(r.name == name).order_by(r.domain_id))
        fitting = next((row for row in rows if row["domain_id"] in {"", vouching["domain_id"]}), None)
        if fitting is not None:
            return str(fitting["id"])
        if rows:
            raise NotAllowed(f"Domain-specific role {name} cannot be assigned by identity provider {vouching['id']}.")
        raise Missing(kind="role", id=name)

    async def _project(self, tx: Tx, told: dict[str, Any], vouching: Row) -> str:
        domain = await find_domain(tx, told.get("domain") or {"id": vouching["domain_id"]})
        if domain is None:
            raise Unauthorized("Domain returned by mapping was not found.")
        p = PROJECTS.c
        where = (p.name == told["name"], p.domain_id == domain["id"])
        found = await tx.scalar(select(p.id).where(*where))
        if found is not None:
            return str(found)
        if not 0 < len(told["name"]) <= 64:
            raise Unauthorized("A project's name is too long.")
        body = {"name": told["name"], "domain_id": domain["id"], "is_domain": False, "enabled": True}
        made = await self._projects.create(tx, {**body, "description": "", "options": {}}, default_domain=domain["id"])
        return str(made["id"])


def _one(assertion: Assertion, name: str) -> str:
    values = assertion.get(name, [])
    return values[0] if len(values) == 1 else ""
