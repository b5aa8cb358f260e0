"""`/v3/users/{user_id}/credentials/OS-EC2`: pairs of access key and secret for EC2 and S3 clients."""

import base64
from typing import Any

import msgspec
from sqlalchemy import delete as remove
from sqlalchemy import select

from pileus.identity.credentials.api import refuse_restricted
from pileus.identity.credentials.logic import Blobs, bound, parsed
from pileus.identity.credentials.table import CREDENTIALS
from pileus.identity.errors import Missing
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch, refuse
from pileus.identity.projects.table import PROJECTS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, OWNER, reader_or_self
from pileus.identity.users.table import USERS
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.schema import Schema
from pileus.kernel.store import Row

_OWN = f"{ADMIN} or (role:member and user_id:%(target.credential.user_id)s)"
_READ = reader_or_self("target.credential.user_id")


class Request(Schema, history=HISTORY, extra="ignore"):
    """What a new pair is for."""

    tenant_id = f.text("The project.", least=1, most=64, required=True)


class Pair(Schema, key="credential", history=HISTORY):
    """An access key with its secret."""

    user_id = f.text("Whose it is.")
    tenant_id = f.text("The project that it is for.", source="project_id")
    access = f.text("The access key.")
    secret = f.text("The secret.")
    trust_id = f.text("The trust that it was made under.", nullable=True)
    links = f.anything(
        "Where it lies.",
        show=lambda row, call: {"self": call.url("users", row["user_id"], "credentials", "OS-EC2", row["access"])},
    )


@resource("/users/{user_id}/credentials/OS-EC2", schema=Pair, policy="identity:%s")
class Ec2Credentials:
    """Pairs of access key and secret."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def target(self, call: Call, _loaded: Any) -> dict[str, Any]:
        """What rights look at: the user of the path."""
        return {"target.credential.user_id": call.names["user_id"], "user_id": call.names["user_id"]}

    def _shown(self, row: Row) -> Row:
        blob = parsed(self._blobs.open(row)["blob"])
        return {**row, "access": blob["access"], "secret": blob["secret"], "trust_id": blob.get("trust_id")}

    async def _one(self, call: Call, user_id: str, access: str) -> Row:
        c = CREDENTIALS.c
        for row in await call.tx.all(select(CREDENTIALS).where(c.user_id == user_id, c.type == "ec2")):
            shown = self._shown(row)
            if shown["access"] == access:
                return shown
        raise refuse(call, Missing(kind="credential", id=access), self.target(call, None))

    @get(rule="ec2_list_credentials", allow=f"{ADMIN_OR_SYSTEM_READER} or {OWNER}")
    async def list(self, call: Call, user_id: str) -> Page:
        """List a user's pairs."""
        await fetch(call, USERS, user_id, "user")
        c = CREDENTIALS.c
        page = await listing(call, CREDENTIALS, (), select(CREDENTIALS).where(c.user_id == user_id, c.type == "ec2"))
        page.rows = [self._shown(row) for row in page.rows]
        return page

    @get("/{access}", rule="ec2_get_credential", allow=_READ)
    async def show(self, call: Call, user_id: str, access: str) -> Row:
        """Show a pair."""
        return await self._one(call, user_id, access)

    @post(rule="ec2_create_credential", allow=_OWN, body=Request)
    async def create(self, call: Call, user_id: str, body: dict[str, Any]) -> Row:
        """Make a pair for a project."""
        refuse_restricted(call)
        await fetch(call, USERS, user_id, "user")
        project = await fetch(call, PROJECTS, body["tenant_id"], "project")
        blob = {"access": call.world.ids.hex(), "secret": _secret(call.world.ids.secret(24)), "trust_id": None}
        text = msgspec.json.encode(blob).decode()
        fresh = {"user_id": user_id, "project_id": project["id"], "type": "ec2", "blob": text, "extra": {}}
        values = bound(call.who, fresh)
        await call.tx.insert(CREDENTIALS, {**values, "blob": self._blobs.seal(values["blob"])})
        return {**values, **blob, "trust_id": call.who.trust_id or None}

    @delete("/{access}", rule="ec2_delete_credential", allow=_OWN)
    async def remove(self, call: Call, user_id: str, access: str) -> None:
        """Delete a pair."""
        refuse_restricted(call)
        row = await self._one(call, user_id, access)
        await call.tx.run(remove(CREDENTIALS).where(CREDENTIALS.c.id == row["id"]))


def _secret(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
