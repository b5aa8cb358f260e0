"""Giving and taking roles: to users and groups, on projects, domains and the system, or for what is below those."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select

from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.errors import Missing, NotAllowed
from pileus.identity.groups.table import GROUPS
from pileus.identity.lookup import fetch
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.schema import Role
from pileus.identity.roles.table import ROLES
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, CHANGE_GRANT, CHECK_GRANT, LIST_GRANTS
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, head, put, resource
from pileus.kernel.store import Row


class Place:
    """One kind of assignment: whose, on what, and whether it holds below the target instead of on it."""

    def __init__(self, actor: str, target: str, *, inherited: bool) -> None:
        self.actor = actor
        self.target = target
        self.inherited = inherited

    async def rows(self, call: Call, target_id: str, actor_id: str) -> tuple[Row, Row]:
        """Target and actor.

        Raises:
            Missing: one does not exist.
        """
        if self.target == "system":
            target: Row = {"id": "all", "domain_id": None}
        else:
            where = (PROJECTS.c.is_domain.is_(True),) if self.target == "domain" else ()
            target = await fetch(call, PROJECTS, target_id, self.target, *where)
        table = USERS if self.actor == "user" else GROUPS
        return target, await fetch(call, table, actor_id, self.actor)

    def names(self, target: Row, actor: Row) -> dict[str, Any]:
        """What rights look at."""
        known = {f"target.{self.actor}.domain_id": actor["domain_id"], f"target.{self.actor}.id": actor["id"]}
        if self.target == "domain":
            known["target.domain.id"] = target["id"]
        else:
            known["target.project.domain_id"] = target["domain_id"] or None
        return known

    def where(self, target: Row, actor: Row) -> list[Any]:
        """The conditions of such assignments."""
        a = ASSIGNMENTS.c
        return [
            a.actor == self.actor,
            a.actor_id == actor["id"],
            a.target == self.target,
            a.target_id == target["id"],
            a.inherited.is_(self.inherited),
        ]

    def row(self, target: Row, actor: Row, role: Row) -> Row:
        """The assignment."""
        return {
            "actor": self.actor,
            "actor_id": actor["id"],
            "target": self.target,
            "target_id": target["id"],
            "role_id": role["id"],
            "inherited": self.inherited,
        }

    async def add(self, call: Call, revisions: Revisions, found: tuple[Row, Row, Row]) -> None:
        """Give a role; doing so twice is no mistake."""
        target, actor, role = found
        if role["domain_id"]:
            own = target["id"] if self.target == "domain" else target["domain_id"]
            if own != role["domain_id"]:
                raise NotAllowed(
                    f"Project {target['id']} must be in the same domain as the role {role['id']} being assigned."
                )
        if not await self.held(call, found):
            await call.tx.insert(ASSIGNMENTS, self.row(target, actor, role))
            await revisions.changed(call.tx)

    async def held(self, call: Call, found: tuple[Row, Row, Row]) -> bool:
        """Whether there is such an assignment."""
        target, actor, role = found
        where = [*self.where(target, actor), ASSIGNMENTS.c.role_id == role["id"]]
        return await call.tx.first(select(ASSIGNMENTS).where(*where)) is not None

    async def must_be_held(self, call: Call, found: tuple[Row, Row, Row]) -> None:
        """Raise unless there is.

        Raises:
            Missing: there is not.
        """
        if not await self.held(call, found):
            target, actor, role = found
            raise Missing(
                f"Could not find role assignment with role: {role['id']}, user or group: {actor['id']}, "
                f"project, domain, or system: {target['id']}."
            )

    async def take(self, call: Call, revisions: Revisions, found: tuple[Row, Row, Row]) -> None:
        """Take a role away."""
        await self.must_be_held(call, found)
        target, actor, role = found
        where = [*self.where(target, actor), ASSIGNMENTS.c.role_id == role["id"]]
        await call.tx.run(remove(ASSIGNMENTS).where(*where))
        await revisions.changed(call.tx)


def _path(place: Place) -> str:
    if place.target == "system":
        return f"/system/{place.actor}s/{{actor_id}}/roles"
    path = f"/{place.target}s/{{target_id}}/{place.actor}s/{{actor_id}}/roles"
    return f"/OS-INHERIT{path}" if place.inherited else path


def _pair_of(place: Place) -> Any:
    """The `load` of target and actor; the system's paths name no target."""

    async def load(self: Any, call: Call, target_id: str, actor_id: str) -> tuple[Row, Row]:  # noqa: ARG001 - becomes a method
        return await place.rows(call, target_id, actor_id)

    async def load_system(self: Any, call: Call, actor_id: str) -> tuple[Row, Row]:  # noqa: ARG001 - becomes a method
        return await place.rows(call, "all", actor_id)

    return load_system if place.target == "system" else load


def _three_of(place: Place) -> Any:
    """The `load` of target, actor and role."""

    async def load(self: Any, call: Call, target_id: str, actor_id: str, role_id: str) -> tuple[Row, Row, Row]:  # noqa: ARG001 - becomes a method
        target, actor = await place.rows(call, target_id, actor_id)
        return target, actor, await fetch(call, ROLES, role_id, "role")

    async def load_system(self: Any, call: Call, actor_id: str, role_id: str) -> tuple[Row, Row, Row]:  # noqa: ARG001 - becomes a method
        target, actor = await place.rows(call, "all", actor_id)
        return target, actor, await fetch(call, ROLES, role_id, "role")

    return load_system if place.target == "system" else load


def _listed(place: Place, rule: str, allow: str) -> type:
    """The resource that lists such assignments' roles."""
    suffix = "/inherited_to_projects" if place.inherited else ""

    @resource(_path(place) + suffix, policy="identity:%s")
    class Listed:
        """The roles that somebody was given on something."""

        load = _pair_of(place)

        def target(self, _call: Call, loaded: tuple[Row, Row]) -> dict[str, Any]:
            """What rights look at."""
            return place.names(*loaded)

        @get(rule=rule, allow=allow, returns=Role, many=True)
        async def list(self, call: Call, pair: tuple[Row, Row]) -> Page:
            """List the roles that were given."""
            chosen = select(ASSIGNMENTS.c.role_id).where(*place.where(*pair))
            return Page(await call.tx.all(select(ROLES).where(ROLES.c.id.in_(chosen)).order_by(ROLES.c.name)))

    return Listed


def _single(place: Place, rules: dict[str, tuple[str, str]]) -> type:
    """The resource of one such assignment."""
    suffix = "/inherited_to_projects" if place.inherited else ""

    @resource(_path(place) + "/{role_id}" + suffix, policy="identity:%s")
    class Single:
        """One role of somebody's on something."""

        def __init__(self, revisions: Revisions) -> None:
            self._revisions = revisions

        load = _three_of(place)

        def target(self, _call: Call, loaded: tuple[Row, Row, Row]) -> dict[str, Any]:
            """What rights look at."""
            target, actor, role = loaded
            named = {"target.role.name": role["name"], "target.role.domain_id": role["domain_id"] or None}
            return {**place.names(target, actor), **named}

        @put(rule=rules["create"][0], allow=rules["create"][1], body=None, status=204)
        async def give(self, call: Call, found: tuple[Row, Row, Row]) -> None:
            """Give a role."""
            await place.add(call, self._revisions, found)

        @head(rule=rules["check"][0], allow=rules["check"][1], status=204)
        async def check(self, call: Call, found: tuple[Row, Row, Row]) -> None:
            """Whether a role was given."""
            await place.must_be_held(call, found)

        @get(rule=rules["check"][0], allow=rules["check"][1], status=204, many=False)
        async def check_too(self, call: Call, found: tuple[Row, Row, Row]) -> None:
            """Whether a role was given."""
            await place.must_be_held(call, found)

        @delete(rule=rules["revoke"][0], allow=rules["revoke"][1])
        async def take(self, call: Call, found: tuple[Row, Row, Row]) -> None:
            """Take a role away."""
            await place.take(call, self._revisions, found)

    return Single


def grant_resources(revisions: Revisions) -> list[Any]:
    """The resources of every kind of assignment."""
    made: list[Any] = []
    for actor in ("user", "group"):
        for target in ("project", "domain"):
            for inherited in (False, True):
                place = Place(actor, target, inherited=inherited)
                rules = {
                    "create": ("create_grant", CHANGE_GRANT),
                    "check": ("check_grant", CHECK_GRANT),
                    "revoke": ("revoke_grant", CHANGE_GRANT),
                }
                made += [_listed(place, "list_grants", LIST_GRANTS)(), _single(place, rules)(revisions)]
        made += _system(actor, revisions)
    return made


def _system(actor: str, revisions: Revisions) -> list[Any]:
    place = Place(actor, "system", inherited=False)
    rules = {
        "create": (f"create_system_grant_for_{actor}", str(ADMIN)),
        "check": (f"check_system_grant_for_{actor}", ADMIN_OR_SYSTEM_READER),
        "revoke": (f"revoke_system_grant_for_{actor}", str(ADMIN)),
    }
    listed = _listed(place, f"list_system_grants_for_{actor}", ADMIN_OR_SYSTEM_READER)
    return [listed(), _single(place, rules)(revisions)]
