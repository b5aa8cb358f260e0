"""`/v3/projects` and their tags."""

from typing import Any

from sqlalchemy import and_, select

from pileus.identity.assignments.logic import ancestors
from pileus.identity.assignments.reach import projects_of
from pileus.identity.errors import Missing
from pileus.identity.limits.schema import Limit
from pileus.identity.limits.table import LIMITS
from pileus.identity.listing import listing, truth
from pileus.identity.lookup import fetch
from pileus.identity.projects.logic import ProjectLogic, with_tags
from pileus.identity.projects.schema import Project, Tags
from pileus.identity.projects.table import PROJECTS, TAGS
from pileus.identity.rules import manager_of, reader_of
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, head, patch, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row

_READ = f"{reader_of('target.project.domain_id')} or project_id:%(target.project.id)s"
_WRITE = manager_of("target.project.domain_id")
FILTERS = ("name", "domain_id", "enabled", "parent_id", "is_domain", "description")


def project_target(row: Row) -> dict[str, Any]:
    """What rights on a project look at."""
    return {"target.project.id": row["id"], "target.project.domain_id": row["domain_id"] or None}


@resource("/projects", schema=Project, policy="identity:%s")
class Projects:
    """Projects, in trees below their domains."""

    def __init__(self, logic: ProjectLogic) -> None:
        self._logic = logic

    async def load(self, call: Call, project_id: str) -> Row:
        """The project of that id, with its tags."""
        row = await fetch(call, PROJECTS, project_id, "project")
        return (await with_tags(call.tx, [row]))[0]

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at: the project, or the domain that a new one or a list is about."""
        if loaded is not None:
            return project_target(loaded)
        body = call.body or {}
        return {"target.domain_id": call.who.domain_id or None, "target.project.domain_id": body.get("domain_id")}

    @get(rule="list_projects", allow=reader_of("target.domain_id"))
    async def list(self, call: Call) -> Page:
        """List projects."""
        statement = select(PROJECTS)
        params = dict(call.params)
        if call.who.domain_id:
            statement = statement.where(PROJECTS.c.domain_id == call.who.domain_id)
        if "is_domain" not in params:
            statement = statement.where(PROJECTS.c.is_domain.is_(False))
        page = await listing(call, PROJECTS, FILTERS, tagged(statement, params))
        page.rows = await with_tags(call.tx, [*page.rows])
        return page

    @get("/{project_id}", rule="get_project", allow=_READ)
    async def show(self, call: Call, project: Row) -> Row:
        """Show a project, with the tree above or below it where that is asked for."""
        asked = {name for name, value in call.params if value == "" or truth(value)}
        for kind in ("parents", "subtree"):
            if {f"{kind}_as_list", f"{kind}_as_ids"} <= asked:
                raise BadRequest(f"Cannot use {kind}_as_list and {kind}_as_ids query params at the same time.")
        limits = "include_limits" in asked
        extra: dict[str, Any] = {}
        if "parents_as_ids" in asked:
            chain: Any = None
            for row in reversed(await ancestors(call.tx, project)):
                chain = {row["id"]: chain}
            extra["parents"] = chain
        elif "parents_as_list" in asked:
            above = [row for row in await ancestors(call.tx, project) if not row["is_domain"]]
            extra["parents"] = await self._listed(call, above, limits)
        if "subtree_as_ids" in asked:
            extra["subtree"] = _tree(await self._below(call, project["id"]), project["id"])
        elif "subtree_as_list" in asked:
            extra["subtree"] = await self._listed(call, await self._below(call, project["id"]), limits)
        return {**project, "extra": {**project["extra"], **extra}}

    async def _listed(self, call: Call, rows: "Rows", limits: bool) -> "Rows":
        """Those of the projects on which the caller holds a role, with their limits where these are asked for."""
        mine = set(await projects_of(call.tx, call.who.user_id, call.world.clock.now()))
        rows = await with_tags(call.tx, [row for row in rows if row["id"] in mine])
        view, limit_view = Project.view(call.version), Limit.view(call.version)
        shown = []
        for row in rows:
            project = view.render(row, call)
            if limits:
                own = await call.tx.all(select(LIMITS).where(LIMITS.c.project_id == row["id"]))
                project["limits"] = [limit_view.render(limit, call) for limit in own]
            shown.append({"project": project})
        return shown

    async def _below(self, call: Call, id: str) -> "Rows":
        found: list[Row] = []
        level = [id]
        while level:
            rows = await call.tx.all(select(PROJECTS).where(PROJECTS.c.parent_id.in_(level)))
            found += rows
            level = [row["id"] for row in rows]
        return found

    @post(rule="create_project", allow=_WRITE)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a project, in the caller's domain unless another is named."""
        if body.get("is_domain"):
            body.pop("domain_id", None)
        own = call.who.domain_id or "default"
        return await self._logic.create(call.tx, body, default_domain=own)

    @patch("/{project_id}", rule="update_project", allow=_WRITE)
    async def update(self, call: Call, project: Row, body: dict[str, Any]) -> Row:
        """Change a project."""
        row = await self._logic.update(call.tx, project, body)
        return {**row, "extra": {**row["extra"], "extra": row["extra"]}}  # as upstream answers an update, and only that

    @delete("/{project_id}", rule="delete_project", allow=_WRITE)
    async def remove(self, call: Call, project: Row) -> None:
        """Delete a project."""
        if project["is_domain"]:
            await self._logic.delete_domain(call.tx, project)
        else:
            await self._logic.delete(call.tx, project)

    @get("/{project_id}/tags", rule="list_project_tags", allow=_READ, returns=None, many=False)
    async def tags(self, call: Call, project: Row) -> dict[str, Any]:
        """List a project's tags."""
        return {"tags": project["tags"], "links": {"self": call.url("projects", project["id"], "tags")}}

    @put("/{project_id}/tags", rule="update_project_tags", allow=_WRITE, body=Tags, kind="create", returns=None)
    async def set_tags(self, call: Call, project: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Replace a project's tags."""
        await self._logic.set_tags(call.tx, project["id"], body["tags"])
        return {"tags": body["tags"], "links": {"self": call.url("projects", project["id"], "tags")}}

    @delete("/{project_id}/tags", rule="delete_project_tags", allow=_WRITE)
    async def clear_tags(self, call: Call, project: Row) -> None:
        """Remove a project's tags."""
        await self._logic.set_tags(call.tx, project["id"], ())

    @head("/{project_id}/tags/{tag}", rule="get_project_tag", allow=_READ, status=204)
    async def has_tag(self, call: Call, project: Row, tag: str) -> None:
        """Whether a project has a tag."""
        if tag not in project["tags"]:
            raise Missing(kind="project tag", id=tag)

    @get("/{project_id}/tags/{tag}", rule="get_project_tag", allow=_READ, status=204)
    async def get_tag(self, call: Call, project: Row, tag: str) -> None:
        """Whether a project has a tag."""
        await self.has_tag(call, project, tag)

    @put("/{project_id}/tags/{tag}", rule="create_project_tag", allow=_WRITE, body=None, status=201, returns=None)
    async def add_tag(self, call: Call, project: Row, tag: str) -> None:
        """Add a tag to a project."""
        if len(tag) > 255 or "," in tag or "/" in tag:
            raise BadRequest("Invalid input for field 'tag': it holds a comma or a slash, or is too long")
        await self._logic.set_tags(call.tx, project["id"], dict.fromkeys([*project["tags"], tag]))

    @delete("/{project_id}/tags/{tag}", rule="delete_project_tag", allow=_WRITE)
    async def remove_tag(self, call: Call, project: Row, tag: str) -> None:
        """Remove a tag of a project."""
        await self.has_tag(call, project, tag)
        await self._logic.set_tags(call.tx, project["id"], [name for name in project["tags"] if name != tag])


Rows = list[Row]


def tagged(statement: Any, params: dict[str, str]) -> Any:
    """The statement narrowed to what `tags`, `tags-any`, `not-tags` and `not-tags-any` ask for."""

    def having(name: str) -> Any:
        return select(TAGS.c.project_id).where(TAGS.c.name == name)

    def any_of(names: str) -> Any:
        return select(TAGS.c.project_id).where(TAGS.c.name.in_(names.split(",")))

    identifier = PROJECTS.c.id
    for name in params.get("tags", "").split(",") if params.get("tags") else ():
        statement = statement.where(identifier.in_(having(name)))
    if params.get("tags-any"):
        statement = statement.where(identifier.in_(any_of(params["tags-any"])))
    if params.get("not-tags"):
        conditions = [identifier.in_(having(name)) for name in params["not-tags"].split(",")]
        statement = statement.where(~and_(*conditions))
    if params.get("not-tags-any"):
        statement = statement.where(identifier.not_in(any_of(params["not-tags-any"])))
    return statement


def _tree(rows: Rows, top: str) -> dict[str, Any] | None:
    below = {row["id"]: _tree(rows, row["id"]) for row in rows if row["parent_id"] == top}
    return below or None
