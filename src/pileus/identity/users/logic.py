"""What happens to users."""

from typing import Any

from sqlalchemy import delete, or_, select, update

from pileus.identity.application_credentials.table import ACCESS_RULES, APPLICATION_CREDENTIALS
from pileus.identity.assignments.table import ASSIGNMENTS
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.directory.logic import Directories
from pileus.identity.errors import Malformed, Missing, duplicate
from pileus.identity.federation.removal import forget_users
from pileus.identity.groups.table import MEMBERS
from pileus.identity.listing import merged, split
from pileus.identity.projects.table import PROJECTS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.trusts.table import TRUSTS
from pileus.identity.users.compliance import Compliance
from pileus.identity.users.table import OLD_PASSWORDS, USERS
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World


class UserLogic:
    """Writes users.  Passwords come hashed, because hashing takes too long for a transaction."""

    def __init__(self, world: World, revisions: Revisions, compliance: Compliance, directories: Directories) -> None:
        self._directories = directories
        self._world = world
        self._revisions = revisions
        self._compliance = compliance

    async def create(self, tx: Tx, body: dict[str, Any], hashed: str | None) -> Row:
        """Make a user.

        Raises:
            Missing: the domain does not exist.
            NotAllowed: it has a directory, which is not written to.
            Taken: the name is taken.
        """
        where = (PROJECTS.c.id == body["domain_id"], PROJECTS.c.is_domain.is_(True))
        if await tx.first(select(PROJECTS.c.id).where(*where)) is None:
            raise Missing(kind="domain", id=body["domain_id"])
        await self._directories.refuse_write(tx, body["domain_id"])
        row = {
            "default_project_id": None,
            "enabled": True,
            "options": {},
            **split(body, USERS),
            "id": self._world.ids.hex(),
            "password_set_at": None,
            "password_own": False,
            "password_hash": None,
            "password_expires_at": None,
            "tokens_since": None,
            "failures": 0,
            "failed_at": None,
            "created_at": self._world.clock.now(),
            "active_at": None,
        }
        row["options"] = {name: value for name, value in row["options"].items() if value is not None}
        if hashed is not None:
            row |= self._compliance.password_values(row["options"], hashed, own=False)
        try:
            await tx.insert(USERS, row)
        except DuplicateRow as error:
            raise duplicate("user", row["name"]) from error
        return row

    async def update(
        self, tx: Tx, id: str, body: dict[str, Any], hashed: str | None, *, sets: bool = False, own: bool = False
    ) -> Row:
        """Change a user.

        Args:
            sets: whether there is a new password, `hashed`; None takes the old one away.
            own: whether the user chose it themselves.

        Raises:
            Missing: there is no such user any more.
            Malformed: the domain would change.
            Taken: the name is taken.
        """
        row = await tx.first(select(USERS).where(USERS.c.id == id))
        if row is None:
            raise Missing(kind="user", id=id)
        await self._directories.refuse_write(tx, row["domain_id"])
        if body.get("domain_id", row["domain_id"]) != row["domain_id"]:
            raise Malformed("A user cannot move to another domain.")
        values = merged(row, body, USERS)
        if "options" in values:
            options = {**row["options"], **values["options"]}
            values["options"] = {name: value for name, value in options.items() if value is not None}
        if sets:
            await self._remember(tx, row)
            values |= self._compliance.password_values(values.get("options") or row["options"], hashed, own=own)
        if values.get("enabled") is True:  # also after a lock, or when it was off for want of use
            values |= {"failures": 0, "failed_at": None, "active_at": self._world.clock.now()}
        if sets or (values.get("enabled") is False and row["enabled"]):
            values["tokens_since"] = self._world.clock.now()
        try:
            await tx.run(update(USERS).where(USERS.c.id == id).values(**values))
        except DuplicateRow as error:
            raise duplicate("user", body["name"]) from error
        await self._revisions.changed(tx)
        return {**row, **values}

    async def _remember(self, tx: Tx, row: Row) -> None:
        """Keep the password that goes, as far back as the rules ask for."""
        o = OLD_PASSWORDS.c
        if self._compliance.history > 1 and row["password_hash"] is not None:
            now = self._world.clock.now()
            await tx.insert(
                OLD_PASSWORDS, {"user_id": row["id"], "ended_at": now, "password_hash": row["password_hash"]}
            )
        kept = await self.old_hashes(tx, row["id"])
        where = (o.user_id == row["id"], o.password_hash.not_in(kept))
        await tx.run(delete(OLD_PASSWORDS).where(*where))

    async def old_hashes(self, tx: Tx, id: str) -> list[str]:
        """The hashes of the passwords before the present one that must not be taken again."""
        o = OLD_PASSWORDS.c
        last = select(o.password_hash).where(o.user_id == id).order_by(o.ended_at.desc())
        return [row["password_hash"] for row in await tx.all(last.limit(max(0, self._compliance.history - 1)))]

    async def delete(self, tx: Tx, id: str) -> None:
        """Remove a user and all that is theirs.

        Raises:
            NotAllowed: their domain has a directory.
        """
        row = await tx.first(select(USERS.c.domain_id).where(USERS.c.id == id))
        if row is not None:
            await self._directories.refuse_write(tx, row["domain_id"])
        await tx.run(delete(ASSIGNMENTS).where(ASSIGNMENTS.c.actor == "user", ASSIGNMENTS.c.actor_id == id))
        for table in (MEMBERS, APPLICATION_CREDENTIALS, ACCESS_RULES, CREDENTIALS, OLD_PASSWORDS):
            await tx.run(delete(table).where(table.c.user_id == id))
        await tx.run(delete(TRUSTS).where(or_(TRUSTS.c.trustor_user_id == id, TRUSTS.c.trustee_user_id == id)))
        await forget_users(tx, [id])
        await tx.run(delete(USERS).where(USERS.c.id == id))
        await self._revisions.changed(tx)
