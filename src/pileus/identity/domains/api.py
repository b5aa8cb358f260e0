"""`/v3/domains`."""

from typing import Any

from sqlalchemy import select

from pileus.identity.listing import listing
from pileus.identity.lookup import fetch
from pileus.identity.projects.api import tagged
from pileus.identity.projects.logic import ProjectLogic, with_tags
from pileus.identity.projects.schema import Domain
from pileus.identity.projects.table import PROJECTS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.store import Row

_SHOW = (
    f"{ADMIN_OR_SYSTEM_READER} or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s"
)
_LIST = f"{ADMIN_OR_SYSTEM_READER} or (role:reader and domain_id:%(target.domain.id)s)"


@resource("/domains", schema=Domain, policy="identity:%s")
class Domains:
    """Domains: what names of users and projects are unique in."""

    def __init__(self, logic: ProjectLogic) -> None:
        self._logic = logic

    async def load(self, call: Call, domain_id: str) -> Row:
        """The domain of that id, with its tags."""
        row = await fetch(call, PROJECTS, domain_id, "domain", PROJECTS.c.is_domain.is_(True))
        return (await with_tags(call.tx, [row]))[0]

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at."""
        return {"target.domain.id": loaded["id"] if loaded else call.who.domain_id or None}

    @get(rule="list_domains", allow=_LIST)
    async def list(self, call: Call) -> Page:
        """List domains; a domain's own reader sees that one."""
        statement = select(PROJECTS).where(PROJECTS.c.is_domain.is_(True))
        if call.who.domain_id:
            statement = statement.where(PROJECTS.c.id == call.who.domain_id)
        page = await listing(call, PROJECTS, ("name", "enabled", "description"), tagged(statement, dict(call.params)))
        page.rows = await with_tags(call.tx, [*page.rows])
        return page

    @get("/{domain_id}", rule="get_domain", allow=_SHOW)
    async def show(self, call: Call, domain: Row) -> Row:
        """Show a domain."""
        return domain

    @post(rule="create_domain", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a domain."""
        return await self._logic.create(call.tx, {**body, "is_domain": True}, default_domain="")

    @patch("/{domain_id}", rule="update_domain", allow=ADMIN)
    async def update(self, call: Call, domain: Row, body: dict[str, Any]) -> Row:
        """Change a domain."""
        return await self._logic.update(call.tx, domain, body)

    @delete("/{domain_id}", rule="delete_domain", allow=ADMIN)
    async def remove(self, call: Call, domain: Row) -> None:
        """Delete a disabled domain and everything in it."""
        await self._logic.delete_domain(call.tx, domain)
