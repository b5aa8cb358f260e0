"""`/v3/OS-EP-FILTER`: endpoint groups, and which endpoints the catalog of a project shows."""

from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy import delete as remove

from pileus.identity.endpoint_filters.logic import groups_of, in_group, shown, single_of
from pileus.identity.endpoint_filters.schema import EndpointGroup, ProjectEndpointGroup
from pileus.identity.endpoint_filters.table import ENDPOINT_GROUPS, PROJECT_ENDPOINT_GROUPS, PROJECT_ENDPOINTS
from pileus.identity.endpoints.schema import Endpoint
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.errors import Missing, Taken
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch
from pileus.identity.projects.logic import with_tags
from pileus.identity.projects.schema import Project
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import CATALOG, Revisions
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, put, resource
from pileus.kernel.store import Row


async def _projects(call: Call, table: Table, column: str, id: str) -> Page:
    """The projects that an association table names beside an id."""
    chosen = select(table.c.project_id).where(table.c[column] == id)
    rows = await call.tx.all(select(PROJECTS).where(PROJECTS.c.id.in_(chosen)).order_by(PROJECTS.c.id))
    return Page(await with_tags(call.tx, rows))


@resource("/OS-EP-FILTER/endpoint_groups", schema=EndpointGroup, policy="identity:%s")
class EndpointGroups:
    """Endpoint groups."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, endpoint_group_id: str) -> Row:
        """The endpoint group of that id."""
        return await fetch(call, ENDPOINT_GROUPS, endpoint_group_id, "Endpoint Group")

    @get(rule="list_endpoint_groups", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List endpoint groups."""
        return await listing(call, ENDPOINT_GROUPS, ("name",))

    @get("/{endpoint_group_id}", rule="get_endpoint_group", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, group: Row) -> Row:
        """Show an endpoint group."""
        return group

    @post(rule="create_endpoint_group", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create an endpoint group."""
        values = {"description": None, **body, "id": call.world.ids.hex()}
        await call.tx.insert(ENDPOINT_GROUPS, values)
        return values

    @patch("/{endpoint_group_id}", rule="update_endpoint_group", allow=ADMIN)
    async def update(self, call: Call, group: Row, body: dict[str, Any]) -> Row:
        """Change an endpoint group."""
        if body:
            where = ENDPOINT_GROUPS.c.id == group["id"]
            await call.tx.run(update(ENDPOINT_GROUPS).where(where).values(**body))
            await self._revisions.changed(call.tx, CATALOG)
        return {**group, **body}

    @delete("/{endpoint_group_id}", rule="delete_endpoint_group", allow=ADMIN)
    async def remove(self, call: Call, group: Row) -> None:
        """Delete an endpoint group; projects that it cut down see other groups' endpoints, or all."""
        g = PROJECT_ENDPOINT_GROUPS.c
        await call.tx.run(remove(PROJECT_ENDPOINT_GROUPS).where(g.endpoint_group_id == group["id"]))
        await call.tx.run(remove(ENDPOINT_GROUPS).where(ENDPOINT_GROUPS.c.id == group["id"]))
        await self._revisions.changed(call.tx, CATALOG)

    @get(
        "/{endpoint_group_id}/endpoints",
        rule="list_endpoints_associated_with_endpoint_group",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=Endpoint,
        many=True,
    )
    async def endpoints(self, call: Call, group: Row) -> Page:
        """List the endpoints of a group."""
        rows = await call.tx.all(select(ENDPOINTS).order_by(ENDPOINTS.c.id))
        return Page([row for row in rows if in_group(row, group["filters"])])

    @get(
        "/{endpoint_group_id}/projects",
        rule="list_projects_associated_with_endpoint_group",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=Project,
        many=True,
    )
    async def projects(self, call: Call, group: Row) -> Page:
        """List the projects whose catalog is cut down to a group."""
        return await _projects(call, PROJECT_ENDPOINT_GROUPS, "endpoint_group_id", group["id"])


@resource(
    "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}",
    schema=ProjectEndpointGroup,
    policy="identity:%s",
)
class GroupInProject:
    """One endpoint group's being in one project."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, endpoint_group_id: str, project_id: str) -> Row:
        """Both ids, of things that exist."""
        await fetch(call, PROJECTS, project_id, "project")
        await fetch(call, ENDPOINT_GROUPS, endpoint_group_id, "Endpoint Group")
        return {"endpoint_group_id": endpoint_group_id, "project_id": project_id}

    async def _there(self, call: Call, pair: Row) -> bool:
        where = [PROJECT_ENDPOINT_GROUPS.c[name] == value for name, value in pair.items()]
        return await call.tx.first(select(PROJECT_ENDPOINT_GROUPS).where(*where)) is not None

    async def _must_be_there(self, call: Call, pair: Row) -> None:
        if not await self._there(call, pair):
            raise Missing("Endpoint Group Project Association not found")

    @get(rule="get_endpoint_group_in_project", allow=ADMIN_OR_SYSTEM_READER, many=False)
    async def show(self, call: Call, pair: Row) -> Row:
        """Tell that a group is in a project."""
        await self._must_be_there(call, pair)
        return pair

    @put(rule="add_endpoint_group_to_project", allow=ADMIN, body=None, status=204, raises=(Taken,))
    async def add(self, call: Call, pair: Row) -> None:
        """Put a group into a project."""
        if await self._there(call, pair):
            raise Taken(kind="project_endpoint_group", details="Duplicate entry")
        await call.tx.insert(PROJECT_ENDPOINT_GROUPS, dict(pair))
        await self._revisions.changed(call.tx, CATALOG)

    @delete(rule="remove_endpoint_group_from_project", allow=ADMIN)
    async def remove(self, call: Call, pair: Row) -> None:
        """Take a group out of a project."""
        await self._must_be_there(call, pair)
        where = [PROJECT_ENDPOINT_GROUPS.c[name] == value for name, value in pair.items()]
        await call.tx.run(remove(PROJECT_ENDPOINT_GROUPS).where(*where))
        await self._revisions.changed(call.tx, CATALOG)


@resource("/OS-EP-FILTER", policy="identity:%s")
class EndpointFilters:
    """Which endpoints single projects have."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    @get(
        "/endpoints/{endpoint_id}/projects",
        rule="list_projects_for_endpoint",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=Project,
        many=True,
    )
    async def projects(self, call: Call, endpoint_id: str) -> Page:
        """List the projects that an endpoint is in."""
        await fetch(call, ENDPOINTS, endpoint_id, "endpoint")
        return await _projects(call, PROJECT_ENDPOINTS, "endpoint_id", endpoint_id)

    @get(
        "/projects/{project_id}/endpoints",
        rule="list_endpoints_for_project",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=Endpoint,
        many=True,
    )
    async def endpoints(self, call: Call, project_id: str) -> Page:
        """List the endpoints that are in a project, by themselves or by a group."""
        await fetch(call, PROJECTS, project_id, "project")
        rows = await call.tx.all(select(ENDPOINTS).order_by(ENDPOINTS.c.id))
        ids = shown(rows, await single_of(call.tx, project_id), await groups_of(call.tx, project_id))
        return Page([row for row in rows if row["id"] in ids])

    @get(
        "/projects/{project_id}/endpoint_groups",
        rule="list_endpoint_groups_for_project",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=EndpointGroup,
        many=True,
    )
    async def groups(self, call: Call, project_id: str) -> Page:
        """List the endpoint groups that are in a project."""
        await fetch(call, PROJECTS, project_id, "project")
        return Page(await groups_of(call.tx, project_id))

    @get(
        "/projects/{project_id}/endpoints/{endpoint_id}",
        rule="check_endpoint_in_project",
        allow=ADMIN_OR_SYSTEM_READER,
        status=204,
    )
    async def check(self, call: Call, project_id: str, endpoint_id: str) -> None:
        """Whether an endpoint is in a project by itself."""
        await self._pair(call, project_id, endpoint_id)
        await self._must_be_there(call, project_id, endpoint_id)

    @put(
        "/projects/{project_id}/endpoints/{endpoint_id}",
        rule="add_endpoint_to_project",
        allow=ADMIN,
        body=None,
        status=204,
        raises=(Taken,),
    )
    async def add(self, call: Call, project_id: str, endpoint_id: str) -> None:
        """Put an endpoint into a project."""
        await self._pair(call, project_id, endpoint_id)
        if endpoint_id in await single_of(call.tx, project_id):
            raise Taken(kind="project_endpoint", details="Duplicate entry")
        await call.tx.insert(PROJECT_ENDPOINTS, {"project_id": project_id, "endpoint_id": endpoint_id})
        await self._revisions.changed(call.tx, CATALOG)

    @delete("/projects/{project_id}/endpoints/{endpoint_id}", rule="remove_endpoint_from_project", allow=ADMIN)
    async def remove(self, call: Call, project_id: str, endpoint_id: str) -> None:
        """Take an endpoint out of a project."""
        await self._must_be_there(call, project_id, endpoint_id)
        p = PROJECT_ENDPOINTS.c
        where = (p.project_id == project_id, p.endpoint_id == endpoint_id)
        await call.tx.run(remove(PROJECT_ENDPOINTS).where(*where))
        await self._revisions.changed(call.tx, CATALOG)

    async def _pair(self, call: Call, project_id: str, endpoint_id: str) -> None:
        await fetch(call, ENDPOINTS, endpoint_id, "endpoint")
        await fetch(call, PROJECTS, project_id, "project")

    async def _must_be_there(self, call: Call, project_id: str, endpoint_id: str) -> None:
        if endpoint_id not in await single_of(call.tx, project_id):
            raise Missing(f"Endpoint {endpoint_id} not found in project {project_id}")
