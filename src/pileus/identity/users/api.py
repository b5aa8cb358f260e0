"""`/v3/users`."""

from typing import Any

from sqlalchemy import select

from pileus.identity.assignments.reach import projects_of
from pileus.identity.directory.logic import Directories
from pileus.identity.errors import PasswordRefused
from pileus.identity.groups.schema import Group
from pileus.identity.groups.table import GROUPS, MEMBERS
from pileus.identity.listing import listing, moments
from pileus.identity.lookup import fetch, reading
from pileus.identity.projects.api import FILTERS as PROJECT_FILTERS
from pileus.identity.projects.logic import with_tags
from pileus.identity.projects.schema import Project
from pileus.identity.projects.table import PROJECTS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, reader_of
from pileus.identity.users.compliance import Compliance
from pileus.identity.users.logic import UserLogic
from pileus.identity.users.login import PasswordLogin, attempt
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.schema import PasswordChange, User
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.api.errors import BadRequest, TooManyRequests, Unauthorized, Unavailable
from pileus.kernel.store import Row
from pileus.kernel.store.database import retrying

_SHOW = (
    f"{ADMIN_OR_SYSTEM_READER} or (role:reader and token.domain.id:%(target.user.domain_id)s) "
    "or user_id:%(target.user.id)s"
)
_WRITE = f"{ADMIN} or (role:manager and token.domain.id:%(target.user.domain_id)s)"


def user_target(row: Row) -> dict[str, Any]:
    """What rights on a user look at."""
    return {"target.user.id": row["id"], "target.user.domain_id": row["domain_id"], "user_id": row["id"]}


@resource("/users", schema=User, policy="identity:%s")
class Users:
    """Users."""

    def __init__(
        self,
        logic: UserLogic,
        passwords: Passwords,
        login: PasswordLogin,
        compliance: Compliance,
        directories: Directories,
    ) -> None:
        self._directories = directories
        self._logic = logic
        self._passwords = passwords
        self._login = login
        self._compliance = compliance

    async def load(self, call: Call, user_id: str) -> Row:
        """The user of that id."""
        return self._compliance.seen(await fetch(call, USERS, user_id, "user"))

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at: the user, or the domain that a new one or a list is about."""
        if loaded is not None:
            return user_target(loaded)
        return {
            "target.user.domain_id": (call.body or {}).get("domain_id"),
            "target.domain_id": call.who.domain_id or None,
        }

    @get(rule="list_users", allow=reader_of("target.domain_id"), transaction="none", raises=(Unavailable, BadRequest))
    async def list(self, call: Call) -> Page:
        """List users; those of a domain with a directory are read from there."""
        params = dict(call.params)
        domain_id = call.who.domain_id or params.get("domain_id")
        if domain_id:
            await self._directories.see_all("user", domain_id, params.get("name", ""))
        async with reading(call):
            return await self._listed(call)

    async def _listed(self, call: Call) -> Page:
        statement = select(USERS)
        for name, value in call.params:
            if name == "password_expires_at":
                statement = statement.where(moments(USERS.c.password_expires_at, value))
        if call.who.domain_id:
            statement = statement.where(USERS.c.domain_id == call.who.domain_id)
        page = await listing(call, USERS, ("name", "domain_id", "enabled", "default_project_id"), statement)
        page.rows = [self._compliance.seen(row) for row in page.rows]
        return page

    @get("/{user_id}", rule="get_user", allow=_SHOW, transaction="none", raises=(Unavailable,))
    async def show(self, call: Call, user: Row) -> Row:
        """Show a user."""
        await self._directories.see("user", user["id"])
        return await self.load(call, user["id"])

    @post(rule="create_user", allow=_WRITE, transaction="none")
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Create a user, in the caller's domain unless another is named."""
        values = {**body, "domain_id": body.get("domain_id") or own_domain(call)}
        hashed = await self._hashed(values.pop("password", None))
        return await retrying(call.store, lambda tx: self._logic.create(tx, values, hashed))

    async def _hashed(self, password: str | None) -> str | None:
        """The hash of a password that is good enough; None for none."""
        if password is None:
            return None
        self._compliance.check_strength(password)
        return await self._passwords.hash(password)

    @patch("/{user_id}", rule="update_user", allow=_WRITE, transaction="none")
    async def update(self, call: Call, user: Row, body: dict[str, Any]) -> Row:
        """Change a user; a new password ends every token of theirs."""
        values = dict(body)
        sets = "password" in values
        hashed = await self._hashed(values.pop("password", None))
        row = await retrying(call.store, lambda tx: self._logic.update(tx, user["id"], values, hashed, sets=sets))
        return {**row, "extra": {**row["extra"], "extra": row["extra"]}}  # as upstream answers an update, and only that

    @delete("/{user_id}", rule="delete_user", allow=_WRITE)
    async def remove(self, call: Call, user: Row) -> None:
        """Delete a user with all that is theirs."""
        await self._logic.delete(call.tx, user["id"])

    @post(
        "/{user_id}/password",
        body=PasswordChange,
        status=204,
        public=True,
        loads=False,
        transaction="none",
        raises=(Unauthorized, PasswordRefused, TooManyRequests),
    )
    async def change_password(self, call: Call, user_id: str, body: dict[str, Any]) -> None:
        """Change one's own password; the old one is the proof, no token is needed."""
        async with call.store.read() as tx:
            row = await tx.first(select(USERS).where(USERS.c.id == user_id))
            before = await self._logic.old_hashes(tx, user_id)
        user = await self._login.check(row, body["original_password"], attempt(call, user_id), expired=True)
        self._compliance.check_strength(body["password"])
        self._compliance.refuse_lock(user)
        self._compliance.check_age(user)
        for hashed in [user["password_hash"], *before] if self._compliance.history else ():
            if await self._passwords.verify(body["password"], hashed):
                raise self._compliance.repeated()
        fresh = await self._passwords.hash(body["password"])
        await retrying(call.store, lambda tx: self._logic.update(tx, user_id, {}, fresh, sets=True, own=True))

    @get(
        "/{user_id}/groups",
        rule="list_groups_for_user",
        allow=f"{reader_of('target.user.domain_id')} or user_id:%(user_id)s",
        returns=Group,
        many=True,
        transaction="none",
        raises=(Unavailable,),
    )
    async def groups(self, call: Call, user: Row) -> Page:
        """List the groups of a user."""
        await self._directories.see("user", user["id"])
        mine = select(MEMBERS.c.group_id).where(MEMBERS.c.user_id == user["id"])
        async with reading(call):
            return await listing(call, GROUPS, ("name",), select(GROUPS).where(GROUPS.c.id.in_(mine)))

    @get(
        "/{user_id}/projects",
        rule="list_user_projects",
        allow=f"{reader_of('target.user.domain_id')} or user_id:%(target.user.id)s",
        returns=Project,
        many=True,
    )
    async def projects(self, call: Call, user: Row) -> Page:
        """List the projects on which a user holds a role."""
        ids = await projects_of(call.tx, user["id"], call.world.clock.now())
        page = await listing(call, PROJECTS, PROJECT_FILTERS, select(PROJECTS).where(PROJECTS.c.id.in_(ids)))
        page.rows = await with_tags(call.tx, [*page.rows])
        return page


def own_domain(call: Call) -> str:
    """The domain of what a caller makes without naming one."""
    return call.who.domain_id or "default"
