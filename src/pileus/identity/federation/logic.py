"""What happens to identity providers, their protocols, mappings and service providers."""

import re
from typing import Any

from sqlalchemy import Table, delete, select, update

from pileus.identity.errors import Malformed, Missing, Taken
from pileus.identity.federation.removal import forget
from pileus.identity.federation.rules import FOLLOWS_PROJECTS, VERSIONS
from pileus.identity.federation.table import IDENTITY_PROVIDERS, MAPPINGS, PROTOCOLS, REMOTE_IDS, SHADOWS
from pileus.identity.projects.logic import ProjectLogic
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World

LONGEST_ID = 64


class Providers:
    """Writes federation's resources."""

    def __init__(self, world: World, revisions: Revisions, projects: ProjectLogic) -> None:
        self._world = world
        self._revisions = revisions
        self._projects = projects

    async def create(self, tx: Tx, id: str, body: dict[str, Any]) -> Row:
        """Make an identity provider, with a domain of its own unless one is named.

        Raises:
            Missing: the domain does not exist.
            Taken: there is one of that id, or one that calls itself the same.
        """
        found = await tx.first(select(IDENTITY_PROVIDERS.c.id).where(IDENTITY_PROVIDERS.c.id == id))
        if found is not None:
            raise Taken(kind="identity_provider", details=f"Duplicate entry found with ID {id}")
        domain_id = body.get("domain_id") or await self._domain(tx, id)
        where = (PROJECTS.c.id == domain_id, PROJECTS.c.is_domain.is_(True))
        if await tx.first(select(PROJECTS.c.id).where(*where)) is None:
            raise Missing(kind="domain", id=domain_id)
        row: Row = {
            "id": id,
            "domain_id": domain_id,
            "enabled": body["enabled"],
            "description": body.get("description"),
            "authorization_ttl": body.get("authorization_ttl"),
            "tokens_since": None,
        }
        await add(tx, IDENTITY_PROVIDERS, row, "identity_provider")
        await self._call_itself(tx, id, body.get("remote_ids") or [])
        return {**row, "remote_ids": body.get("remote_ids") or []}

    async def _domain(self, tx: Tx, provider: str) -> str:
        body = {
            "name": self._world.ids.hex(),
            "is_domain": True,
            "enabled": True,
            "description": f"Auto generated federated domain for Identity Provider: {provider}",
            "options": {},
        }
        return str((await self._projects.create(tx, body, default_domain=""))["id"])

    async def _call_itself(self, tx: Tx, id: str, remote_ids: list[str]) -> None:
        await tx.run(delete(REMOTE_IDS).where(REMOTE_IDS.c.identity_provider_id == id))
        if not remote_ids:
            return
        others = await tx.first(select(REMOTE_IDS.c.remote_id).where(REMOTE_IDS.c.remote_id.in_(remote_ids)))
        if others is not None:
            raise Taken(kind="remote_id", details=f"Duplicate remote ID: {others['remote_id']}")
        await tx.insert(REMOTE_IDS, [{"remote_id": name, "identity_provider_id": id} for name in remote_ids])

    async def update(self, tx: Tx, row: Row, body: dict[str, Any]) -> Row:
        """Change an identity provider; disabling it ends every token of its users.

        Raises:
            Taken: another one calls itself the same.
        """
        values: Row = {name: body[name] for name in ("enabled", "description", "authorization_ttl") if name in body}
        if values.get("enabled") is False and row["enabled"]:
            values["tokens_since"] = self._world.clock.now()
        if values:
            await tx.run(update(IDENTITY_PROVIDERS).where(IDENTITY_PROVIDERS.c.id == row["id"]).values(**values))
        if "remote_ids" in body:
            await self._call_itself(tx, row["id"], body["remote_ids"] or [])
            values["remote_ids"] = body["remote_ids"] or []
        await self._revisions.changed(tx)
        return {**row, **values}

    async def delete(self, tx: Tx, id: str) -> None:
        """Remove an identity provider; its users stay, but nobody vouches for them any more."""
        await forget(tx, [id])
        await self._revisions.changed(tx)

    async def speak(self, tx: Tx, provider: str, id: str, body: dict[str, Any]) -> Row:
        """Give an identity provider a protocol.

        Raises:
            Malformed: there is no such mapping.
            Taken: it has that protocol.
        """
        await self._mapping(tx, body["mapping_id"])
        row = {
            "id": id,
            "identity_provider_id": provider,
            "mapping_id": body["mapping_id"],
            "remote_id_attribute": body.get("remote_id_attribute"),
        }
        await add(tx, PROTOCOLS, row, "federation_protocol")
        await self._revisions.changed(tx)
        return row

    async def speak_otherwise(self, tx: Tx, row: Row, body: dict[str, Any]) -> Row:
        """Change a protocol.

        Raises:
            Malformed: there is no such mapping.
        """
        if "mapping_id" in body:
            await self._mapping(tx, body["mapping_id"])
        c = PROTOCOLS.c
        where = (c.id == row["id"], c.identity_provider_id == row["identity_provider_id"])
        if body:
            await tx.run(update(PROTOCOLS).where(*where).values(**body))
        return {**row, **body}

    async def be_silent(self, tx: Tx, row: Row) -> None:
        """Take a protocol from an identity provider; tokens that were got by it end."""
        c, s = PROTOCOLS.c, SHADOWS.c
        provider = row["identity_provider_id"]
        await tx.run(delete(PROTOCOLS).where(c.id == row["id"], c.identity_provider_id == provider))
        await tx.run(delete(SHADOWS).where(s.protocol_id == row["id"], s.identity_provider_id == provider))
        await self._revisions.changed(tx)

    async def _mapping(self, tx: Tx, id: str) -> None:
        if await tx.first(select(MAPPINGS.c.id).where(MAPPINGS.c.id == id)) is None:
            raise Malformed(f"Invalid mapping id: {id}")


async def add(tx: Tx, table: Table, row: Row, kind: str) -> None:
    """Insert a row whose id a request has chosen.

    Raises:
        Taken: there is one of that id.
        Malformed: the id is too long.
    """
    if len(row["id"]) > LONGEST_ID:
        raise Malformed("Invalid input for field 'id': it is too long")
    try:
        await tx.insert(table, row)
    except DuplicateRow as error:
        raise Taken(kind=kind, details=f"Duplicate entry found with ID {row['id']}") from error


def checked(rules: list[dict[str, Any]], version: str) -> None:
    """Raise where rules are of the right form and make no sense all the same.

    Raises:
        Malformed: a regular expression is none, or the rules' version does not know what they say.
    """
    for rule in rules:
        for part in rule["remote"]:
            if part.get("regex"):
                for name in ("any_one_of", "not_any_of", "blacklist", "whitelist"):
                    _compiled(part.get(name, ()))
        for part in rule["local"]:
            told = isinstance(part.get("projects"), str) or "projects_json" in part
            if told and version != FOLLOWS_PROJECTS:
                raise Malformed(f"Projects that are told need schema_version {FOLLOWS_PROJECTS}.")
            domains = version == VERSIONS[0] and isinstance(part.get("projects"), list)
            if domains and any("domain" in project for project in part["projects"]):
                raise Malformed("A project's domain needs schema_version 2.0 or later.")


def _compiled(patterns: list[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise Malformed(f"Invalid regular expression {pattern!r}: {error}") from error
