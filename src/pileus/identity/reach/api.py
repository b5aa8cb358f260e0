"""`/v3/auth/{projects,domains,system,catalog}`: where the bearer of a token could go, and the old paths of the same."""

from typing import Any

from sqlalchemy import select

from pileus.identity.assignments.reach import domains_of, projects_of, reaches_system
from pileus.identity.listing import listing
from pileus.identity.projects.logic import with_tags
from pileus.identity.projects.schema import Domain, Project
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.rules import ANYBODY
from pileus.identity.services.catalog import Catalog
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import Forbidden


def _told(call: Call) -> tuple[str, ...]:
    """The groups that only the caller's token tells of."""
    return tuple(call.who.extra.get("group_ids", ()))


async def _projects(call: Call) -> Page:
    ids = await projects_of(call.tx, call.who.user_id, call.world.clock.now(), _told(call))
    p = PROJECTS.c
    reachable = select(p.id).where(p.is_domain.is_(True), p.enabled.is_(True))
    chosen = select(PROJECTS).where(p.id.in_(ids), p.enabled.is_(True), p.domain_id.in_(reachable))
    page = await listing(call, PROJECTS, ("name", "domain_id"), chosen)
    page.rows = await with_tags(call.tx, [*page.rows])
    return page


async def _domains(call: Call) -> Page:
    ids = await domains_of(call.tx, call.who.user_id, call.world.clock.now(), _told(call))
    p = PROJECTS.c
    chosen = select(PROJECTS).where(p.id.in_(ids), p.is_domain.is_(True), p.enabled.is_(True))
    page = await listing(call, PROJECTS, ("name",), chosen)
    page.rows = await with_tags(call.tx, [*page.rows])
    return page


@resource("/auth", policy="identity:%s")
class AuthReach:
    """Where the bearer of a token could go."""

    def __init__(self, catalog: Catalog, revisions: Revisions) -> None:
        self._catalog = catalog
        self._revisions = revisions

    @get("/projects", rule="get_auth_projects", allow=ANYBODY, returns=Project, many=True)
    async def projects(self, call: Call) -> Page:
        """List the projects that the caller could have a token for."""
        return await _projects(call)

    @get("/domains", rule="get_auth_domains", allow=ANYBODY, returns=Domain, many=True)
    async def domains(self, call: Call) -> Page:
        """List the domains that the caller could have a token for."""
        return await _domains(call)

    @get("/system", rule="get_auth_system", allow=ANYBODY, returns=None)
    async def system(self, call: Call) -> dict[str, Any]:
        """Tell whether the caller could have a token for the system."""
        reached = await reaches_system(call.tx, call.who.user_id, call.world.clock.now(), _told(call))
        return {"system": [{"all": True}] if reached else [], "links": {"self": call.url("auth", "system")}}

    @get("/catalog", rule="get_auth_catalog", allow=ANYBODY, returns=None)
    async def catalog(self, call: Call) -> dict[str, Any]:
        """Show the catalog of the caller's scope."""
        who = call.who
        if not (who.project_id or who.domain_id or who.system):
            raise Forbidden
        await self._catalog.refresh(call.tx, self._revisions.catalog)
        links = {"self": call.url("auth", "catalog"), "next": None, "previous": None}
        return {"catalog": self._catalog.plain(who.user_id, who.project_id), "links": links}


@resource("/OS-FEDERATION", policy="identity:%s")
class FederationReach:
    """The same lists at the addresses that federated clients know."""

    @get("/projects", rule="list_projects_for_user", allow=ANYBODY, returns=Project, many=True)
    async def projects(self, call: Call) -> Page:
        """List the projects that the caller could have a token for."""
        return await _projects(call)

    @get("/domains", rule="list_domains_for_user", allow=ANYBODY, returns=Domain, many=True)
    async def domains(self, call: Call) -> Page:
        """List the domains that the caller could have a token for."""
        return await _domains(call)
