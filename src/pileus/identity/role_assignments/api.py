"""`/v3/role_assignments`: every assignment, as given or as it works out."""

from typing import Any

from sqlalchemy import select

from pileus.identity.assignments.effective import Line, Question, lines, question
from pileus.identity.groups.table import GROUPS
from pileus.identity.listing import page_links, truth
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.book import RoleBook
from pileus.identity.roles.table import ROLES
from pileus.identity.rules import reader_of
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.store import Row, Tx

_READ = reader_of("target.domain_id")


@resource(
    "/role_assignments",
    policy="identity:%s",
    rights={
        "list_role_assignments": (_READ, "List role assignments."),
        "list_role_assignments_for_tree": (
            f"{_READ} or (role:admin and project_id:%(target.project.id)s)",
            "List role assignments of a project and those below it.",
        ),
    },
)
class RoleAssignments:
    """Who holds which role where."""

    def __init__(self, revisions: Revisions, book: RoleBook) -> None:
        self._revisions = revisions
        self._book = book

    @get(returns=None)
    async def list(self, call: Call) -> dict[str, Any]:
        """List role assignments."""
        params = dict(call.params)
        asked = question(params)
        rule = "list_role_assignments_for_tree" if asked.subtree else "list_role_assignments"
        call.must(rule, {"target.domain_id": call.who.domain_id or None, "target.project.id": asked.project_id})
        await self._book.refresh(call.tx, self._revisions.generation)
        found = await lines(call.tx, asked, self._book, call.world.clock.now())
        known = await _known(call.tx)
        if call.who.domain_id:
            found = [line for line in found if _in_domain(line, known, call.who.domain_id)]
        named = "include_names" in params and (params["include_names"] == "" or truth(params["include_names"]))
        shown = [_shown(call, line, known if named else None, asked) for line in found]
        return {"role_assignments": shown, **page_links(call, "role_assignments", None, None)}


Known = dict[str, dict[str, Row]]


async def _known(tx: Tx) -> Known:
    """What lines may name, by kind and id."""
    tables = {"user": USERS, "group": GROUPS, "project": PROJECTS, "role": ROLES}
    found: Known = {}
    for kind, table in tables.items():
        c = table.c
        found[kind] = {row["id"]: row for row in await tx.all(select(c.id, c.name, c.domain_id))}
    return found


def _in_domain(line: Line, known: Known, domain_id: str) -> bool:
    if line.target == "domain":
        return line.target_id == domain_id
    project = known["project"].get(line.target_id)
    return line.target == "project" and project is not None and project["domain_id"] == domain_id


def _shown(call: Call, line: Line, known: Known | None, asked: Question) -> dict[str, Any]:
    source = dict(line.source)
    path = [f"{source['target']}s", source["target_id"]] if source["target"] != "system" else ["system"]
    path += [f"{source['actor']}s", source["actor_id"], "roles", source["role_id"]]
    if source["inherited"]:
        path = ["OS-INHERIT", *path, "inherited_to_projects"]
    links = {"assignment": call.url(*path)}
    if line.via:
        links["membership"] = call.url("groups", line.via, "users", line.user_id)
    if line.prior:
        links["prior_role"] = call.url("roles", line.prior)
    scope: dict[str, Any]
    if line.target == "system":
        scope = {"system": {"all": True}}
    else:
        scope = {line.target: _named("project", line.target_id, known, domain=line.target == "project")}
    if line.inherited or (asked.effective and source["inherited"]):
        scope["OS-INHERIT:inherited_to"] = "projects"
    actor = "user" if line.user_id else "group"
    return {
        "role": _named("role", line.role_id, known),
        actor: _named(actor, line.user_id or line.group_id, known, domain=True),
        "scope": scope,
        "links": links,
    }


def _named(kind: str, id: str, known: Known | None, *, domain: bool = False) -> dict[str, Any]:
    if known is None:
        return {"id": id}
    row = known[kind].get(id)
    if row is None:
        return {"id": id, "name": ""}
    shown: dict[str, Any] = {"id": id, "name": row["name"]}
    if row["domain_id"] and (domain or kind == "role"):
        above = known["project"].get(row["domain_id"])
        shown["domain"] = {"id": row["domain_id"], "name": above["name"] if above else ""}
    return shown
