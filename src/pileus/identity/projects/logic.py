"""What happens to projects and domains."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, or_, select, update

from pileus.identity.application_credentials.table import APPLICATION_CREDENTIALS
from pileus.identity.assignments.logic import ancestors
from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.directory.table import DIRECTORY_ENTRIES
from pileus.identity.domain_configs.table import DOMAIN_CONFIGS
from pileus.identity.endpoint_filters.logic import forget_projects
from pileus.identity.errors import Immutable, Malformed, NotAllowed, duplicate
from pileus.identity.federation.removal import forget, forget_users
from pileus.identity.federation.table import IDENTITY_PROVIDERS
from pileus.identity.groups.table import GROUPS, MEMBERS
from pileus.identity.listing import merged, split
from pileus.identity.projects.table import PROJECTS, TAGS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.roles.table import ROLES
from pileus.identity.trusts.table import TRUSTS
from pileus.identity.users.table import USERS
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World


class ProjectLogic:
    """Writes projects and domains.

    Args:
        depth: levels of projects at the most, the domain included.
    """

    def __init__(self, world: World, revisions: Revisions, depth: int) -> None:
        self._depth = depth
        self._world = world
        self._revisions = revisions

    async def create(self, tx: Tx, body: dict[str, Any], *, default_domain: str) -> Row:
        """Make a project (or a domain).

        Raises:
            Malformed: the parent or the domain does not exist.
            NotAllowed: the tree would be too deep, or leave its domain.
            Taken: the name is taken.
        """
        values = {"parent_id": None, **split(body, PROJECTS)}
        tags = values["extra"].pop("tags", [])
        values["id"] = values["extra"].pop("explicit_domain_id", None) or self._world.ids.hex()
        if values.get("is_domain"):
            if values.get("parent_id"):
                raise Malformed("A project acting as a domain cannot have a parent.")
            values |= {"domain_id": "", "parent_id": None}
        else:
            await self._place(tx, values, default_domain)
        try:
            await tx.insert(PROJECTS, {**values, "tokens_since": None})
        except DuplicateRow as error:
            raise duplicate("domain" if values["is_domain"] else "project", values["name"]) from error
        await self._tag(tx, values["id"], tags)
        await self._revisions.changed(tx)
        return {**values, "tags": list(tags)}

    async def _place(self, tx: Tx, values: dict[str, Any], default_domain: str) -> None:
        """Fill in domain and parent, each from the other."""
        parent_id, domain_id = values.get("parent_id"), values.get("domain_id")
        parent = None
        if parent_id:
            parent = await tx.first(select(PROJECTS).where(PROJECTS.c.id == parent_id))
            if parent is None:
                raise Malformed(f"Could not find project: {parent_id}.")
            own = parent["id"] if parent["is_domain"] else parent["domain_id"]
            if domain_id and domain_id != own:
                raise Malformed("Cannot create project, the parent is in another domain.")
            domain_id = own
            above = await ancestors(tx, parent)
            if len(above) + 2 > self._depth:
                raise NotAllowed(f"Max hierarchy depth reached for {parent_id} branch.")
            if not all(row["enabled"] for row in (parent, *above)):
                raise NotAllowed(action=f"cannot create project in a branch containing a disabled project {parent_id}")
        domain_id = domain_id or default_domain
        where = (PROJECTS.c.id == domain_id, PROJECTS.c.is_domain.is_(True))
        if await tx.first(select(PROJECTS.c.id).where(*where)) is None:
            raise Malformed(f"Could not find domain: {domain_id}.")
        values |= {"domain_id": domain_id, "parent_id": parent_id or domain_id}

    async def update(self, tx: Tx, row: Row, body: dict[str, Any]) -> Row:
        """Change a project or domain.

        Raises:
            Immutable: it is marked so.
            NotAllowed: its place in the tree would change, or a disabled one stands above it.
            Taken: the name is taken.
        """
        kind = "domain" if row["is_domain"] else "project"
        refuse_immutable(row, kind, "update", body.get("options"))
        given = dict(body)
        if "domain_id" in given and given.pop("domain_id") != (row["domain_id"] or None):
            raise Malformed("Cannot change Domain ID")
        if "is_domain" in given and given.pop("is_domain") != row["is_domain"]:
            raise Malformed("Update of `is_domain` is not allowed.")
        if "parent_id" in given and given.pop("parent_id") != (row["parent_id"] or None):
            raise NotAllowed(action="Update of `parent_id` is not allowed.")
        tags = given.pop("tags", None)
        values = merged(row, given, PROJECTS)
        if "options" in values:
            values["options"] = _options(row["options"], values["options"])
        if values.get("enabled") is False and row["enabled"]:
            values["tokens_since"] = self._world.clock.now()
        enabling = values.get("enabled") is True and not row["enabled"]
        if enabling and not all(above["enabled"] for above in await ancestors(tx, row)):
            raise NotAllowed(action=f"Cannot enable project {row['id']} since it has disabled parents")
        try:
            await tx.run(update(PROJECTS).where(PROJECTS.c.id == row["id"]).values(**values))
        except DuplicateRow as error:
            raise duplicate(kind, body["name"]) from error
        if tags is not None:
            await self.set_tags(tx, row["id"], tags)
        await self._revisions.changed(tx)
        return {**row, **values, **({"tags": tags} if tags is not None else {})}

    async def set_tags(self, tx: Tx, id: str, tags: Iterable[str]) -> None:
        """Give a project exactly these tags."""
        await tx.run(delete(TAGS).where(TAGS.c.project_id == id))
        await self._tag(tx, id, tags)

    async def _tag(self, tx: Tx, id: str, tags: Iterable[str]) -> None:
        await tx.insert(TAGS, [{"project_id": id, "name": name} for name in tags])

    async def delete(self, tx: Tx, row: Row, *, kind: str = "project") -> None:
        """Remove a project and all that hangs on it.

        Raises:
            Immutable: it is marked so.
            NotAllowed: projects lie below it.
        """
        refuse_immutable(row, kind, "delete", None)
        identifier = row["id"]
        if kind == "project" and await tx.first(select(PROJECTS.c.id).where(PROJECTS.c.parent_id == identifier)):
            raise NotAllowed(action=f"cannot delete the project {identifier} since it is not a leaf in the hierarchy")
        await self._remove(tx, [identifier])

    async def _remove(self, tx: Tx, ids: list[str]) -> None:
        a = ASSIGNMENTS.c
        await tx.run(delete(ASSIGNMENTS).where(a.target != "system", a.target_id.in_(ids)))
        await tx.run(delete(TAGS).where(TAGS.c.project_id.in_(ids)))
        await forget_projects(tx, ids)
        for table in (APPLICATION_CREDENTIALS, CREDENTIALS, TRUSTS):
            await tx.run(delete(table).where(table.c.project_id.in_(ids)))
        await tx.run(update(USERS).where(USERS.c.default_project_id.in_(ids)).values(default_project_id=None))
        await tx.run(delete(PROJECTS).where(PROJECTS.c.id.in_(ids)))
        await self._revisions.changed(tx)

    async def delete_domain(self, tx: Tx, row: Row) -> None:
        """Remove a domain with its users, groups, projects and roles.

        Raises:
            NotAllowed: it is still enabled.
            Immutable: it is marked so.
        """
        refuse_immutable(row, "domain", "delete", None)
        if row["enabled"]:
            raise NotAllowed("Cannot delete a domain that is enabled, please disable it first.")
        identifier = row["id"]
        users = select(USERS.c.id).where(USERS.c.domain_id == identifier)
        groups = select(GROUPS.c.id).where(GROUPS.c.domain_id == identifier)
        roles = select(ROLES.c.id).where(ROLES.c.domain_id == identifier)
        a = ASSIGNMENTS.c
        of_domain = or_(a.actor_id.in_(users), a.actor_id.in_(groups), a.role_id.in_(roles))
        await tx.run(delete(ASSIGNMENTS).where(of_domain))
        await tx.run(delete(MEMBERS).where(or_(MEMBERS.c.user_id.in_(users), MEMBERS.c.group_id.in_(groups))))
        for table in (APPLICATION_CREDENTIALS, CREDENTIALS):
            await tx.run(delete(table).where(table.c.user_id.in_(users)))
        await tx.run(
            delete(TRUSTS).where(or_(TRUSTS.c.trustor_user_id.in_(users), TRUSTS.c.trustee_user_id.in_(users)))
        )
        await forget_users(tx, users)
        i = IDENTITY_PROVIDERS.c
        await forget(tx, [row["id"] for row in await tx.all(select(i.id).where(i.domain_id == identifier))])
        for table in (USERS, GROUPS, ROLES):
            await tx.run(delete(table).where(table.c.domain_id == identifier))
        await tx.run(delete(DIRECTORY_ENTRIES).where(DIRECTORY_ENTRIES.c.domain_id == identifier))
        await tx.run(delete(DOMAIN_CONFIGS).where(DOMAIN_CONFIGS.c.domain_id == identifier))
        below = await tx.all(select(PROJECTS.c.id).where(PROJECTS.c.domain_id == identifier))
        await self._remove(tx, [identifier, *(other["id"] for other in below)])


def refuse_immutable(row: Row, kind: str, verb: str, options: dict[str, Any] | None) -> None:
    """Raise where the row is marked immutable and the change does not only lift the mark.

    Raises:
        Immutable: it is.
    """
    if row["options"].get("immutable") and not (options and options.get("immutable") in {False, None}):
        raise Immutable(verb=verb, kind=kind, id=row["id"])


def _options(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**old, **new}.items() if value is not None}


async def with_tags(tx: Tx, rows: list[Row]) -> list[Row]:
    """The rows, each with its tags."""
    found: dict[str, list[str]] = {row["id"]: [] for row in rows}
    ids = list(found)
    for start in range(0, len(ids), 500):
        part = select(TAGS).where(TAGS.c.project_id.in_(ids[start : start + 500])).order_by(TAGS.c.name)
        for tag in await tx.all(part):
            found[tag["project_id"]].append(tag["name"])
    return [{**row, "tags": found[row["id"]]} for row in rows]
