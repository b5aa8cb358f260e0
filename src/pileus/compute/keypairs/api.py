"""The operations on keypairs."""

import asyncio
from typing import Any

from sqlalchemy import select

from pileus.compute.keypairs import logic
from pileus.compute.keypairs.schema import Keypair, KeypairQuery, NewKeypair, OwnerQuery, WrappedKeypair
from pileus.compute.keypairs.table import KEYPAIRS
from pileus.compute.pages.logic import window
from pileus.compute.rules import ADMIN
from pileus.compute.versions import KEYPAIR_PAGES, KEYPAIR_TYPES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store import Row
from pileus.kernel.store.database import Tx, retrying

OWNER = f"({ADMIN}) or user_id:%(user_id)s"


def _owner(call: Call) -> str:
    found: str = call.query.get("user_id") or call.who.user_id
    return found


@resource("/os-keypairs", schema=Keypair, policy="os_compute_api:os-keypairs:%s")
class Keypairs:
    """What lets users into their servers."""

    def target(self, call: Call, _loaded: Row | None) -> dict[str, Any]:
        """Keypairs belong to users, not to projects."""
        return {**call.own(), "user_id": _owner(call)}

    @get(rule="index", allow=OWNER, query=KeypairQuery, returns=WrappedKeypair)
    async def index(self, call: Call) -> Page:
        """List a user's keypairs."""
        statement = select(KEYPAIRS).where(KEYPAIRS.c.user_id == _owner(call))
        limit, marker = window(call) if call.applies(KEYPAIR_PAGES) else (None, None)
        if marker is not None:  # names are unique for each user only
            row = await call.tx.first(statement.where(KEYPAIRS.c.name == marker))
            if row is None:
                raise BadRequest(f"Marker {marker} could not be found.")
            marker = row["id"]
        try:
            found = await page(call.tx, statement, KEYPAIRS, sort=[("name", "asc")], limit=limit, marker=marker)
        except UnknownMarker as error:
            raise BadRequest(f"Marker {marker} could not be found.") from error
        after = found.rows[-1]["name"] if found.next is not None else None
        return Page([{"keypair": row} for row in found.rows], next=after)

    @get("/{name}", rule="show", allow=OWNER, query=OwnerQuery)
    async def show(self, call: Call, name: str) -> Row:
        """Show a keypair."""
        return await logic.find(call.tx, _owner(call), name)

    @post(rule="create", allow=OWNER, body=NewKeypair, returns=NewKeypair, transaction="none")
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make or import a keypair."""
        user_id = body.get("user_id") or call.who.user_id
        call.must("create", {**call.own(), "user_id": user_id})
        kind = body.get("type", "ssh")
        if "public_key" in body:
            keys = logic.read(kind, body["public_key"])
        else:
            keys = await asyncio.to_thread(logic.generate, kind, user_id, call.world.clock.now())

        async def store(tx: Tx) -> Row:
            return await logic.create(
                tx,
                call.world,
                user_id=user_id,
                project_id=call.who.project_id,
                name=body["name"],
                kind=kind,
                keys=keys,
            )

        row = await retrying(call.store, store)
        call.status = 201 if call.applies(KEYPAIR_TYPES) else 200
        return {**row, "private_key": keys.private} if keys.private else row

    @delete("/{name}", rule="delete", allow=OWNER, query=OwnerQuery)
    async def delete(self, call: Call, name: str) -> None:
        """Delete a keypair."""
        await logic.remove(call.tx, await logic.find(call.tx, _owner(call), name))
        call.status = 204 if call.applies(KEYPAIR_TYPES) else 202
