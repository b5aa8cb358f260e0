"""Checking a user's password: as dear for an unknown user as for a known one, and with one answer for all failures.

Who guesses too much is not listened to; an account that is locked, off or expired is no way in.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from pileus.identity.directory.logic import Directories
from pileus.identity.projects.table import PROJECTS
from pileus.identity.settings import IdentitySettings
from pileus.identity.users.compliance import Compliance
from pileus.identity.users.guesses import Guesses
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.clock import Clock
from pileus.kernel.store import Row, Store, Tx
from pileus.kernel.store.database import retrying


class PasswordLogin:
    """Checks passwords.

    Attributes:
        guesses: wrong secrets so far, whatever the method.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        passwords: Passwords,
        compliance: Compliance,
        settings: IdentitySettings,
        directories: Directories,
    ) -> None:
        self._store = store
        self._directories = directories
        self._clock = clock
        self._passwords = passwords
        self._compliance = compliance
        self._locks = bool(settings.lockout_attempts)
        self.guesses = Guesses(clock, settings.guesses_per_minute)

    async def prepare(self, given: dict[str, Any]) -> None:
        """Have the user that a request names, by id or name and domain, read from their directory if they have one.

        Raises:
            DirectoryDown: it does not answer.
        """
        async with self._store.read() as tx:
            if not await self._directories.domains(tx):
                return
            domain = given.get("domain")
            found = None
            if isinstance(domain, dict) and isinstance(domain.get("name"), str):
                where = (PROJECTS.c.is_domain.is_(True), PROJECTS.c.name == domain["name"])
                found = await tx.first(select(PROJECTS.c.id).where(*where))
        domain_id = found["id"] if found else domain.get("id") if isinstance(domain, dict) else None
        if isinstance(given.get("id"), str):
            await self._directories.see("user", given["id"])
        elif isinstance(given.get("name"), str) and isinstance(domain_id, str):
            await self._directories.see_named(given["name"], domain_id)

    async def check(self, user: Row | None, password: str, name: str, *, expired: bool = False) -> Row:
        """The user, if that is their password.

        Args:
            name: what the attempts are counted by.
            expired: whether a password that must be changed will do.

        Raises:
            Unauthorized: it is not, or there is no such user, or the account is locked or off.
            DirectoryDown: the user's directory does not answer.
            TooManyRequests: there were too many wrong ones.
        """
        self.guesses.refuse(name)
        right = await self._is_right(user, password)
        if user is None or not right or self._compliance.is_locked(user):
            self.guesses.wrong(name)
            if user is not None:
                await self._failed(user)
            raise Unauthorized
        if not user["enabled"] or self._compliance.is_inactive(user):
            raise Unauthorized
        if self._compliance.is_expired(user) and not expired:
            raise Unauthorized(f"The password is expired and needs to be changed for user: {user['id']}.")
        await self._succeeded(user, password)
        return user

    async def _is_right(self, user: Row | None, password: str) -> bool:
        if user is not None and user["password_hash"] is None:
            right = await self._directories.check(user["id"], password)
            if right is not None:
                return right
        return await self._passwords.verify(password, user["password_hash"] if user else None)

    async def _failed(self, user: Row) -> None:
        if self._locks and not self._compliance.is_locked(user):
            count = 1 if self._compliance.was_locked(user) else user["failures"] + 1
            await self._write(user, {"failures": count, "failed_at": self._clock.now()})

    async def _succeeded(self, user: Row, password: str) -> None:
        values: dict[str, Any] = self._compliance.activity(user)
        if user["failures"]:
            values |= {"failures": 0, "failed_at": None}
        if user["password_hash"] is not None and self._passwords.is_old(user["password_hash"]):
            values["password_hash"] = await self._passwords.hash(password)
        if values:
            await self._write(user, values)

    async def _write(self, user: Row, values: Mapping[str, Any]) -> None:
        async def write(tx: Tx) -> None:
            where = (USERS.c.id == user["id"], USERS.c.password_hash == user["password_hash"])
            await tx.run(update(USERS).where(*where).values(**values))

        await retrying(self._store, write)


def attempt(call: Call, name: str) -> str:
    """What attempts of a client on a name are counted by."""
    client = call.request.client
    return f"{name} from {client.host if client else ''}"
