"""What lists of assignments are made of: assignments as given, or as they work out.

Working out follows groups to their members, inheritance downwards, and roles to what they imply.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from pileus.identity.assignments.logic import held_by
from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.errors import Malformed
from pileus.identity.groups.table import EXPIRING_MEMBERS, MEMBERS
from pileus.identity.listing import truth
from pileus.identity.projects.table import PROJECTS
from pileus.identity.roles.book import RoleBook
from pileus.kernel.store import Row, Tx


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list.

    Attributes:
        source: the assignment that it comes from.
        via: the group that it comes through; empty for none.
        prior: the role that implies this one; empty for none.
    """

    user_id: str
    group_id: str
    target: str
    target_id: str
    role_id: str
    inherited: bool
    source: tuple[tuple[str, Any], ...]
    via: str = ""
    prior: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a list is asked for; empty strings mean "any"."""

    user_id: str = ""
    group_id: str = ""
    role_id: str = ""
    project_id: str = ""
    domain_id: str = ""
    system: bool = False
    inherited: bool = False
    effective: bool = False
    subtree: bool = False


def question(params: Mapping[str, str]) -> Question:
    """A query string's question.

    Raises:
        Malformed: it asks for what cannot be together.
    """

    def flag(name: str) -> bool:
        return name in params and (params[name] == "" or truth(params[name]))

    asked = Question(
        user_id=params.get("user.id", ""),
        group_id=params.get("group.id", ""),
        role_id=params.get("role.id", ""),
        project_id=params.get("scope.project.id", ""),
        domain_id=params.get("scope.domain.id", ""),
        system="scope.system" in params,
        inherited=params.get("scope.OS-INHERIT:inherited_to") == "projects",
        effective=flag("effective"),
        subtree=flag("include_subtree"),
    )
    if asked.user_id and asked.group_id:
        raise Malformed("Specify a user or group, not both")
    if sum(map(bool, (asked.project_id, asked.domain_id, asked.system))) > 1:
        raise Malformed("Specify a domain or project or system, not more than one of them")
    if asked.subtree and not asked.project_id:
        raise Malformed("'scope.project.id' is a dependency of 'include_subtree'")
    if asked.effective and asked.group_id:
        raise Malformed("Combining effective and group filter will always result in an empty list.")
    if asked.effective and asked.inherited and asked.domain_id:
        raise Malformed("Combining effective, domain and inherited filters will always result in an empty list.")
    return asked


def _line(row: Row) -> Line:
    user = row["actor_id"] if row["actor"] == "user" else ""
    group = row["actor_id"] if row["actor"] == "group" else ""
    source = tuple(sorted(row.items()))
    return Line(user, group, row["target"], row["target_id"], row["role_id"], row["inherited"], source)


async def lines(tx: Tx, asked: Question, book: RoleBook, now: datetime) -> list[Line]:
    """The lines of a list."""
    statement = select(ASSIGNMENTS)
    if asked.user_id:
        held = held_by(asked.user_id, now) if asked.effective else _is_user(asked.user_id)
        statement = statement.where(held)
    given = [_line(row) for row in await tx.all(statement)]
    if asked.effective:
        given = await _worked_out(tx, given, book, now)
    projects = await _subtree(tx, asked.project_id) if asked.subtree and asked.project_id else {asked.project_id}
    return sorted(
        {line for line in given if _answers(line, asked, projects)},
        key=lambda line: (line.user_id, line.group_id, line.target, line.target_id, line.role_id),
    )


def _is_user(user_id: str) -> Any:
    return (ASSIGNMENTS.c.actor == "user") & (ASSIGNMENTS.c.actor_id == user_id)


def _answers(line: Line, asked: Question, projects: set[str]) -> bool:
    if asked.user_id and line.user_id != asked.user_id:
        return False
    if asked.group_id and line.group_id != asked.group_id:
        return False
    if asked.role_id and line.role_id != asked.role_id:
        return False
    if asked.project_id and not (line.target == "project" and line.target_id in projects):
        return False
    if asked.domain_id and not (line.target == "domain" and line.target_id == asked.domain_id):
        return False
    if asked.system and line.target != "system":
        return False
    if asked.effective and line.target == "system" and not asked.system:
        return False  # what works out is about projects and domains unless the system is asked for
    return not asked.inherited or dict(line.source)["inherited"]


async def _subtree(tx: Tx, top: str) -> set[str]:
    found, level = {top}, [top]
    while level:
        rows = await tx.all(select(PROJECTS.c.id).where(PROJECTS.c.parent_id.in_(level)))
        level = [row["id"] for row in rows]
        found.update(level)
    return found


async def _worked_out(tx: Tx, given: list[Line], book: RoleBook, now: datetime) -> list[Line]:
    groups = {line.group_id for line in given if line.group_id}
    members: dict[str, list[str]] = {}
    e = EXPIRING_MEMBERS.c
    lasting = await tx.all(select(MEMBERS).where(MEMBERS.c.group_id.in_(groups)))
    told = await tx.all(select(e.user_id, e.group_id).where(e.group_id.in_(groups), e.expires_at > now))
    for row in (*lasting, *told):
        members.setdefault(row["group_id"], []).append(row["user_id"])
    tops = {line.target_id for line in given if line.inherited}
    below: dict[str, set[str]] = {}
    for top in tops:
        domains = select(PROJECTS.c.id).where(or_(PROJECTS.c.id.in_([top]), PROJECTS.c.domain_id == top))
        inside = {row["id"] for row in await tx.all(domains)} | await _subtree(tx, top)
        below[top] = inside - {top}
    steps = _of_members(given, members)
    return list(_implied(_reaching_down(steps, below), book))


def _of_members(given: Iterable[Line], members: Mapping[str, list[str]]) -> Iterator[Line]:
    for line in given:
        if not line.group_id:
            yield line
        for user in members.get(line.group_id, ()):
            yield replace(line, user_id=user, group_id="", via=line.group_id)


def _reaching_down(given: Iterable[Line], below: Mapping[str, set[str]]) -> Iterator[Line]:
    for line in given:
        if not line.inherited:
            yield line
            continue
        for project in below[line.target_id]:
            yield replace(line, target="project", target_id=project, inherited=False)


def _implied(given: Iterable[Line], book: RoleBook) -> Iterator[Line]:
    for line in given:
        for role in book.closure({line.role_id}):
            if book.by_id[role]["domain_id"]:
                continue
            yield line if role == line.role_id else replace(line, role_id=role, prior=line.role_id)
