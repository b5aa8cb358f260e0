"""`/v3/credentials`."""

from typing import Any

from sqlalchemy import delete as remove
from sqlalchemy import select, update

from pileus.identity.credentials.logic import Blobs, bound, refuse_rebinding
from pileus.identity.credentials.schema import Credential
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.errors import NotAllowed, duplicate
from pileus.identity.listing import listing, merged, split
from pileus.identity.lookup import fetch
from pileus.identity.rules import ADMIN, reader_or_self
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, post, resource
from pileus.kernel.store import DuplicateRow, Row

_OWN = f"{ADMIN} or user_id:%(target.credential.user_id)s"
_READ = reader_or_self("target.credential.user_id")


@resource("/credentials", schema=Credential, policy="identity:%s")
class Credentials:
    """Credentials."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def load(self, call: Call, credential_id: str) -> Row:
        """The credential of that id, its secret readable."""
        return self._blobs.open(await fetch(call, CREDENTIALS, credential_id, "credential"))

    def target(self, call: Call, loaded: Row | None) -> dict[str, Any]:
        """What rights look at: the credential, or the user that a new one is for."""
        own = (call.body or {}).get("user_id") or call.who.user_id
        return {"target.credential.user_id": loaded["user_id"] if loaded else own}

    @get(rule="list_credentials", allow=_READ)
    async def list(self, call: Call) -> Page:
        """List credentials: everybody's for administrators, one's own for others."""
        chosen = select(CREDENTIALS)
        if not call.may("get_credential", {"target.credential.user_id": None}):
            chosen = chosen.where(CREDENTIALS.c.user_id == call.who.user_id)
        page = await listing(call, CREDENTIALS, ("user_id", "type", "project_id"), chosen)
        page.rows = [self._blobs.open(row) for row in page.rows]
        return page

    @get("/{credential_id}", rule="get_credential", allow=_READ)
    async def show(self, call: Call, credential: Row) -> Row:
        """Show a credential."""
        return credential

    @post(rule="create_credential", allow=_OWN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Keep a credential."""
        refuse_restricted(call)
        values = {"project_id": None, "user_id": call.who.user_id, **split(body, CREDENTIALS)}
        values = bound(call.who, {**values, "id": call.world.ids.hex()})
        try:
            await call.tx.insert(CREDENTIALS, {**values, "blob": self._blobs.seal(values["blob"])})
        except DuplicateRow as error:
            raise duplicate("credential", values["id"]) from error
        return values

    @patch("/{credential_id}", rule="update_credential", allow=_OWN)
    async def update(self, call: Call, credential: Row, body: dict[str, Any]) -> Row:
        """Change a credential; it stays with its user and under its delegation."""
        refuse_restricted(call)
        call.must("update_credential", {"target.credential.user_id": body.get("user_id", credential["user_id"])})
        refuse_rebinding(credential, body)
        values = merged(credential, body, CREDENTIALS)
        stored = {**values, "blob": self._blobs.seal(str(values.get("blob", credential["blob"])))}
        await call.tx.run(update(CREDENTIALS).where(CREDENTIALS.c.id == credential["id"]).values(**stored))
        return {**credential, **values}

    @delete("/{credential_id}", rule="delete_credential", allow=_OWN)
    async def remove(self, call: Call, credential: Row) -> None:
        """Delete a credential."""
        refuse_restricted(call)
        await call.tx.run(remove(CREDENTIALS).where(CREDENTIALS.c.id == credential["id"]))


def refuse_restricted(call: Call) -> None:
    """Raise where the caller came by an application credential that may not make or end credentials.

    Raises:
        NotAllowed: it did.
    """
    if not call.who.extra.get("unrestricted", True):
        raise NotAllowed(
            "Using method 'application_credential' is not allowed for managing additional application credentials."
        )
