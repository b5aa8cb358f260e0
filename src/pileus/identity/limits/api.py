"""`/v3/registered_limits` and `/v3/limits`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import or_, select, update

from pileus.identity.errors import Malformed, Missing, NotAllowed, duplicate
from pileus.identity.limits.levels import MODELS, STRICT, check_levels
from pileus.identity.limits.schema import Limit, NewLimits, NewRegisteredLimits, RegisteredLimit
from pileus.identity.limits.table import LIMITS, REGISTERED_LIMITS
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch
from pileus.identity.projects.table import PROJECTS
from pileus.identity.regions.table import REGIONS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, ANYBODY
from pileus.identity.services.table import SERVICES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row, Tx


@resource("/registered_limits", schema=RegisteredLimit, policy="identity:%s")
class RegisteredLimits:
    """The cloud's default limits."""

    async def load(self, call: Call, registered_limit_id: str) -> Row:
        """The registered limit of that id."""
        return await fetch(call, REGISTERED_LIMITS, registered_limit_id, "registered limit")

    @get(rule="list_registered_limits", allow=ANYBODY)
    async def list(self, call: Call) -> Page:
        """List registered limits."""
        return await listing(call, REGISTERED_LIMITS, ("service_id", "region_id", "resource_name"))

    @get("/{registered_limit_id}", rule="get_registered_limit", allow=ANYBODY)
    async def show(self, call: Call, limit: Row) -> Row:
        """Show a registered limit."""
        return limit

    @post(rule="create_registered_limits", allow=ADMIN, body=NewRegisteredLimits, many=True)
    async def create(self, call: Call, body: dict[str, Any]) -> Page:
        """Register limits."""
        rows = []
        for given in body["registered_limits"]:
            row = {"region_id": None, "description": None, **given, "id": call.world.ids.hex()}
            await self._check(call.tx, row)
            await call.tx.insert(REGISTERED_LIMITS, row)
            rows.append(row)
        return Page(rows)

    @patch("/{registered_limit_id}", rule="update_registered_limit", allow=ADMIN)
    async def update(self, call: Call, limit: Row, body: dict[str, Any]) -> Row:
        """Change a registered limit."""
        changed = {**limit, **body}
        await self._refuse_used(call.tx, limit["id"])
        await self._check(call.tx, changed)
        if body:
            where = REGISTERED_LIMITS.c.id == limit["id"]
            await call.tx.run(update(REGISTERED_LIMITS).where(where).values(**body))
        return changed

    @delete("/{registered_limit_id}", rule="delete_registered_limit", allow=ADMIN)
    async def remove(self, call: Call, limit: Row) -> None:
        """Delete a registered limit that no project's limit refers to."""
        await self._refuse_used(call.tx, limit["id"])
        await call.tx.run(remove(REGISTERED_LIMITS).where(REGISTERED_LIMITS.c.id == limit["id"]))

    async def _refuse_used(self, tx: Tx, id: str) -> None:
        if await tx.first(select(LIMITS.c.id).where(LIMITS.c.registered_limit_id == id)):
            raise NotAllowed(
                f"Unable to update or delete registered limit {id} because there are project limits associated with it."
            )

    async def _check(self, tx: Tx, row: Row) -> None:
        if not await tx.first(select(SERVICES.c.id).where(SERVICES.c.id == row["service_id"])):
            raise BadRequest(f"Could not find service: {row['service_id']}.")
        if row["region_id"] and not await tx.first(select(REGIONS.c.id).where(REGIONS.c.id == row["region_id"])):
            raise BadRequest(f"Could not find region: {row['region_id']}.")
        found = await registered(tx, row)
        if found is not None and found["id"] != row["id"]:
            raise duplicate("registered_limit", row["resource_name"])


async def registered(tx: Tx, row: Row) -> Row | None:
    """The registered limit of the same service, region and resource."""
    c = REGISTERED_LIMITS.c
    region = c.region_id == row["region_id"] if row["region_id"] else c.region_id.is_(None)
    where = (c.service_id == row["service_id"], c.resource_name == row["resource_name"], region)
    return await tx.first(select(REGISTERED_LIMITS).where(*where))


_SHOW = (
    f"{ADMIN_OR_SYSTEM_READER} or domain_id:%(target.limit.domain.id)s "
    "or domain_id:%(target.limit.project.domain_id)s "
    "or (project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)"
)


@resource("/limits", schema=Limit, policy="identity:%s")
class Limits:
    """Limits of single projects and domains."""

    def __init__(self, model: str) -> None:
        self._model = model

    async def load(self, call: Call, limit_id: str) -> Row:
        """The limit of that id, with its project's domain."""
        row = await fetch(call, LIMITS, limit_id, "limit")
        project = None
        if row["project_id"]:
            project = await call.tx.first(select(PROJECTS).where(PROJECTS.c.id == row["project_id"]))
        return {**row, "of_domain": project["domain_id"] if project else None}

    def target(self, _call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at."""
        if loaded is None:
            return {}
        return {
            "target.limit.domain.id": loaded["domain_id"],
            "target.limit.project_id": loaded["project_id"],
            "target.limit.project.domain_id": loaded["of_domain"],
        }

    @get(rule="list_limits", allow=ANYBODY)
    async def list(self, call: Call) -> Page:
        """List limits: everybody's for administrators, those of one's own scope for others."""
        chosen = select(LIMITS)
        who, c = call.who, LIMITS.c
        if not (who.is_admin or who.system or "service" in who.roles):
            inside = select(PROJECTS.c.id).where(PROJECTS.c.domain_id == (who.domain_id or "-"))
            of_domain = or_(c.domain_id == who.domain_id, c.project_id.in_(inside))
            chosen = chosen.where(of_domain if who.domain_id else c.project_id == (who.project_id or "-"))
        filters = ("service_id", "region_id", "resource_name", "project_id", "domain_id")
        return await listing(call, LIMITS, filters, chosen)

    @get("/model", rule="get_limit_model", allow=ANYBODY, returns=None)
    async def model(self, call: Call) -> dict[str, Any]:
        """Tell how limits of projects within projects are enforced."""
        return {"model": {"name": self._model, "description": MODELS[self._model]}}

    @get("/{limit_id}", rule="get_limit", allow=_SHOW)
    async def show(self, call: Call, limit: Row) -> Row:
        """Show a limit."""
        return limit

    @post(rule="create_limits", allow=ADMIN, body=NewLimits, many=True)
    async def create(self, call: Call, body: dict[str, Any]) -> Page:
        """Give projects or domains limits of their own."""
        rows = []
        for given in body["limits"]:
            empty = {"region_id": None, "project_id": None, "domain_id": None, "description": None}
            row = {**empty, **given, "id": call.world.ids.hex()}
            await self._check(call.tx, row)
            rows.append(row)
        if self._model == STRICT:
            for row in rows:
                await check_levels(call.tx, row, rows)
        await call.tx.insert(LIMITS, rows)
        return Page(rows)

    async def _check(self, tx: Tx, row: Row) -> None:
        if bool(row["project_id"]) == bool(row["domain_id"]):
            raise Malformed("A limit is for either a project or a domain.")
        owner = row["project_id"] or row["domain_id"]
        if not await tx.first(select(PROJECTS.c.id).where(PROJECTS.c.id == owner)):
            raise Missing(kind="project" if row["project_id"] else "domain", id=owner)
        parent = await registered(tx, row)
        if parent is None:
            raise NotAllowed("Unable to create a limit that has no corresponding registered limit.")
        row["registered_limit_id"] = parent["id"]
        c = LIMITS.c
        owned = c.project_id == row["project_id"] if row["project_id"] else c.domain_id == row["domain_id"]
        if await tx.first(select(c.id).where(c.registered_limit_id == parent["id"], owned)):
            raise duplicate("limit", row["resource_name"])

    @patch("/{limit_id}", rule="update_limit", allow=ADMIN)
    async def update(self, call: Call, limit: Row, body: dict[str, Any]) -> Row:
        """Change a limit."""
        if self._model == STRICT:
            await check_levels(call.tx, {**limit, **body}, ())
        if body:
            await call.tx.run(update(LIMITS).where(LIMITS.c.id == limit["id"]).values(**body))
        return {**limit, **body}

    @delete("/{limit_id}", rule="delete_limit", allow=ADMIN)
    async def remove(self, call: Call, limit: Row) -> None:
        """Delete a limit."""
        await call.tx.run(remove(LIMITS).where(LIMITS.c.id == limit["id"]))
