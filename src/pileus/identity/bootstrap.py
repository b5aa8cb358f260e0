"""What a fresh cloud needs of identity: a domain, roles, first users and projects, the catalog.  Safe to repeat."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.projects.table import PROJECTS
from pileus.identity.regions.table import REGIONS
from pileus.identity.revisions.logic import ACCESS, CATALOG, Revisions
from pileus.identity.roles.table import IMPLICATIONS, ROLES
from pileus.identity.services.table import SERVICES
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.table import USERS
from pileus.kernel.api.declare import Service
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

DEFAULT_DOMAIN = "default"
ROLE_NAMES = ("admin", "manager", "member", "reader", "service")
CHAIN = (("admin", "manager"), ("manager", "member"), ("member", "reader"))
PROJECT_NAMES = ("admin", "demo", "service")

TEMPLATES = {
    "compute": "/v2.1",
    "volumev3": "/v3/%(project_id)s",
    "block-storage": "/v3/%(project_id)s",
    "object-store": "/v1/AUTH_%(project_id)s",
    "orchestration": "/v1/%(project_id)s",
}
"""What a service's address in the catalog has behind its prefix; nothing for others, whose clients add the version."""


class Bootstrap:
    """Makes what is missing and leaves alone what is there."""

    def __init__(self, world: World, revisions: Revisions, passwords: Passwords, region: str) -> None:
        self._world = world
        self._revisions = revisions
        self._passwords = passwords
        self._region = region

    async def run(
        self,
        tx: Tx,
        *,
        passwords: dict[str, str],
        url: str,
        services: Sequence[Service],
        places: Mapping[str, str],
    ) -> None:
        """Bring the database to where a fresh cloud starts.

        Args:
            passwords: by user name; users that exist keep theirs.
            url: what every service's address starts with.
            services: what the catalog shows.
            places: by type, what an address starts with instead.
        """
        await self._domain(tx)
        roles = await self._roles(tx, [role for service in services for role in service.roles])
        projects = {name: await self._project(tx, name) for name in PROJECT_NAMES}
        users = await self._users(tx, passwords)
        if "admin" in users:
            await self._assign(tx, users["admin"], "project", projects["admin"], roles["admin"])
            await self._assign(tx, users["admin"], "domain", DEFAULT_DOMAIN, roles["admin"])
            await self._assign(tx, users["admin"], "system", "all", roles["admin"])
        if "demo" in users:
            await self._assign(tx, users["demo"], "project", projects["demo"], roles["member"])
        await self._revisions.changed(tx, ACCESS)
        await self.catalog(tx, url=url, services=services, places=places)

    async def catalog(
        self, tx: Tx, *, url: str, services: Sequence[Service], places: Mapping[str, str] | None = None
    ) -> None:
        """Make the catalog show the services at the address."""
        if await tx.first(select(REGIONS).where(REGIONS.c.id == self._region)) is None:
            row: Row = {"id": self._region, "description": "", "parent_region_id": None, "extra": {}}
            await tx.insert(REGIONS, row)
        for service in services:
            start = (places or {}).get(service.type, url.rstrip("/") + service.prefix)
            address = start.rstrip("/") + TEMPLATES.get(service.type, "")
            await self._service(tx, service.type, service.name, address)
        await self._revisions.changed(tx, CATALOG)

    async def _domain(self, tx: Tx) -> None:
        if await tx.first(select(PROJECTS).where(PROJECTS.c.id == DEFAULT_DOMAIN)) is None:
            row = _project("Default", "", None, description="The default domain")
            await tx.insert(PROJECTS, {**row, "id": DEFAULT_DOMAIN, "is_domain": True})

    async def _roles(self, tx: Tx, more: Sequence[str]) -> dict[str, str]:
        rows = await tx.all(select(ROLES).where(ROLES.c.domain_id == ""))
        ids = {row["name"]: row["id"] for row in rows}
        for name in (*ROLE_NAMES, *more):
            if name not in ids:
                ids[name] = self._world.ids.hex()
                options = {"immutable": True} if name in ROLE_NAMES else {}
                row = {"id": ids[name], "name": name, "domain_id": "", "description": None}
                await tx.insert(ROLES, {**row, "options": options, "extra": {}})
        present = {(row["prior_id"], row["implied_id"]) for row in await tx.all(select(IMPLICATIONS))}
        for prior, implied in CHAIN:
            if (ids[prior], ids[implied]) not in present:
                await tx.insert(IMPLICATIONS, {"prior_id": ids[prior], "implied_id": ids[implied]})
        return ids

    async def _project(self, tx: Tx, name: str) -> str:
        where = (PROJECTS.c.name == name, PROJECTS.c.domain_id == DEFAULT_DOMAIN)
        found = await tx.first(select(PROJECTS.c.id).where(*where))
        if found is not None:
            return str(found["id"])
        identifier = self._world.ids.hex()
        await tx.insert(PROJECTS, {**_project(name, DEFAULT_DOMAIN, DEFAULT_DOMAIN), "id": identifier})
        return identifier

    async def _users(self, tx: Tx, passwords: dict[str, str]) -> dict[str, str]:
        rows = await tx.all(select(USERS.c.id, USERS.c.name).where(USERS.c.domain_id == DEFAULT_DOMAIN))
        ids = {row["name"]: row["id"] for row in rows}
        missing = [name for name in passwords if name not in ids]
        # before anybody else can ask for anything, so waiting inside the transaction holds nobody up
        hashes = await asyncio.gather(*(self._passwords.hash(passwords[name]) for name in missing))
        for name, hashed in zip(missing, hashes, strict=True):
            ids[name] = self._world.ids.hex()
            await tx.insert(
                USERS,
                {
                    "id": ids[name],
                    "name": name,
                    "domain_id": DEFAULT_DOMAIN,
                    "enabled": True,
                    "options": {},
                    "extra": {},
                    "password_hash": hashed,
                    "failures": 0,
                },
            )
        return {name: ids[name] for name in passwords}

    async def _assign(self, tx: Tx, user_id: str, target: str, target_id: str, role_id: str) -> None:
        row: dict[str, Any] = {
            "actor": "user",
            "actor_id": user_id,
            "target": target,
            "target_id": target_id,
            "role_id": role_id,
            "inherited": False,
        }
        where = [ASSIGNMENTS.c[name] == value for name, value in row.items()]
        if await tx.first(select(ASSIGNMENTS).where(*where)) is None:
            await tx.insert(ASSIGNMENTS, row)

    async def _service(self, tx: Tx, type: str, name: str, address: str) -> None:
        found: Row | None = await tx.first(select(SERVICES).where(SERVICES.c.type == type))
        if found is None:
            found = {"id": self._world.ids.hex(), "type": type, "enabled": True, "extra": {"name": name}}
            await tx.insert(SERVICES, found)
        e = ENDPOINTS.c
        where = (e.service_id == found["id"], e.region_id == self._region)
        present = {row["interface"]: row for row in await tx.all(select(ENDPOINTS).where(*where))}
        for interface in ("public", "internal", "admin"):
            row = present.get(interface)
            if row is None:
                fresh = {"id": self._world.ids.hex(), "interface": interface, "region_id": self._region}
                more = {"service_id": found["id"], "url": address, "enabled": True, "extra": {}}
                await tx.insert(ENDPOINTS, {**fresh, **more})
            elif row["url"] != address:
                await tx.run(update(ENDPOINTS).where(e.id == row["id"]).values(url=address))


def _project(name: str, domain_id: str, parent_id: str | None, description: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "domain_id": domain_id,
        "parent_id": parent_id,
        "is_domain": False,
        "enabled": True,
        "description": description,
        "options": {},
        "extra": {},
    }
