"""`/v3/users/{user_id}/application_credentials` and `…/access_rules`."""

import base64
from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select

from pileus.identity.application_credentials.logic import ApplicationCredentialLogic, shown
from pileus.identity.application_credentials.schema import AccessRule, ApplicationCredential
from pileus.identity.application_credentials.table import ACCESS_RULES, APPLICATION_CREDENTIALS
from pileus.identity.credentials.api import refuse_restricted
from pileus.identity.errors import NotAllowed
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch
from pileus.identity.rules import ADMIN_OR_OWNER, ADMIN_OR_SYSTEM_READER, OWNER, SYSTEM_READER
from pileus.identity.users.api import user_target
from pileus.identity.users.passwords import Passwords
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.errors import Forbidden
from pileus.kernel.store import Row, Tx
from pileus.kernel.store.database import retrying

_READ = f"{ADMIN_OR_SYSTEM_READER} or {OWNER}"


@resource("/users/{user_id}/application_credentials", schema=ApplicationCredential, policy="identity:%s")
class ApplicationCredentials:
    """A user's application credentials."""

    def __init__(self, logic: ApplicationCredentialLogic, passwords: Passwords) -> None:
        self._logic = logic
        self._passwords = passwords

    async def load(self, call: Call, user_id: str) -> Row:
        """The user of the path."""
        return await fetch(call, USERS, user_id, "user")

    def target(self, _call: Call, loaded: Row) -> dict[str, Any]:
        """What rights look at: the user."""
        return user_target(loaded)

    @get(rule="list_application_credentials", allow=_READ)
    async def list(self, call: Call, user: Row) -> Page:
        """List a user's application credentials."""
        c = APPLICATION_CREDENTIALS.c
        chosen = select(APPLICATION_CREDENTIALS).where(c.user_id == user["id"])
        page = await listing(call, APPLICATION_CREDENTIALS, ("name",), chosen)
        page.rows = await shown(call.tx, [*page.rows])
        return page

    @post(rule="create_application_credential", allow="user_id:%(user_id)s", transaction="none")
    async def create(self, call: Call, user: Row, body: dict[str, Any]) -> Row:
        """Make an application credential for the project of the caller's token."""
        refuse_restricted(call)
        if not call.who.project_id or call.who.trust_id:
            raise Forbidden("Application credentials are made with a token of one's own for a project.")
        secret = body.get("secret") or base64.urlsafe_b64encode(call.world.ids.secret(64)).decode().rstrip("=")
        hashed = await self._passwords.hash(secret)

        async def write(tx: Tx) -> Row:
            row = await self._logic.create(tx, call.who, body, hashed)
            return (await shown(tx, [row]))[0]

        return {**await retrying(call.store, write), "secret": secret}

    async def _one(self, call: Call, user: Row, id: str) -> Row:
        c = APPLICATION_CREDENTIALS.c
        return await fetch(call, APPLICATION_CREDENTIALS, id, "Application Credential", c.user_id == user["id"])

    @get("/{id}", rule="get_application_credential", allow=_READ)
    async def show(self, call: Call, user: Row, id: str) -> Row:
        """Show an application credential."""
        return (await shown(call.tx, [await self._one(call, user, id)]))[0]

    @delete("/{id}", rule="delete_application_credential", allow=ADMIN_OR_OWNER)
    async def remove(self, call: Call, user: Row, id: str) -> None:
        """Delete an application credential; its tokens end."""
        refuse_restricted(call)
        await self._logic.delete(call.tx, (await self._one(call, user, id))["id"])


_RULES = f"{SYSTEM_READER} or user_id:%(target.user.id)s"


@resource("/users/{user_id}/access_rules", schema=AccessRule, policy="identity:%s")
class AccessRules:
    """A user's access rules."""

    async def load(self, call: Call, user_id: str) -> Row:
        """The user of the path."""
        return await fetch(call, USERS, user_id, "user")

    def target(self, _call: Call, loaded: Row) -> dict[str, Any]:
        """What rights look at: the user."""
        return user_target(loaded)

    @get(rule="list_access_rules", allow=_RULES)
    async def list(self, call: Call, user: Row) -> Page:
        """List a user's access rules."""
        chosen = select(ACCESS_RULES).where(ACCESS_RULES.c.user_id == user["id"])
        return await listing(call, ACCESS_RULES, ("service", "method", "path"), chosen)

    async def _one(self, call: Call, user: Row, id: str) -> Row:
        return await fetch(call, ACCESS_RULES, id, "Access Rule", ACCESS_RULES.c.user_id == user["id"])

    @get("/{id}", rule="get_access_rule", allow=_RULES)
    async def show(self, call: Call, user: Row, id: str) -> Row:
        """Show an access rule."""
        return await self._one(call, user, id)

    @delete(
        "/{id}",
        rule="delete_access_rule",
        allow="(role:admin and system_scope:all) or user_id:%(target.user.id)s",
    )
    async def remove(self, call: Call, user: Row, id: str) -> None:
        """Delete an access rule that no application credential uses."""
        rule = await self._one(call, user, id)
        c = APPLICATION_CREDENTIALS.c
        for row in await call.tx.all(select(c.access_rules).where(c.user_id == user["id"])):
            if rule["id"] in (row["access_rules"] or ()):
                raise NotAllowed(f"Access rule {id} is in use by an application credential.")
        await call.tx.run(remove(ACCESS_RULES).where(ACCESS_RULES.c.id == rule["id"]))
