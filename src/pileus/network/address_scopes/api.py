"""`/address-scopes`."""

from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row
from pileus.network.address_scopes.schema import AddressScope
from pileus.network.address_scopes.table import ADDRESS_SCOPES
from pileus.network.errors import AddressScopeInUse, AddressScopeNotFound
from pileus.network.rules import ADMIN_OR_MEMBER, ADMIN_OR_READER
from pileus.network.standard.logic import Listing, owner
from pileus.network.subnetpools.table import SUBNETPOOLS

_READER = f"{ADMIN_OR_READER} or rule:shared_address_scopes"


def _visible(call: Call) -> Select[Any]:
    statement = select(ADDRESS_SCOPES)
    if call.who.is_admin:
        return statement
    return statement.where(or_(ADDRESS_SCOPES.c.project_id == call.who.project_id, ADDRESS_SCOPES.c.shared))


_LISTING = Listing(ADDRESS_SCOPES, AddressScope, _visible)


@resource("/address-scopes", schema=AddressScope)
class AddressScopeApi:
    """Where addresses do not overlap."""

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await _LISTING.find(call, id)
        if row is None:
            raise AddressScopeNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        return row if row is not None else {"project_id": owner(call, body or {})}

    @get(rule="get_address_scope", allow=_READER)
    async def list(self, call: Call) -> Page:
        """List address scopes."""
        return await _LISTING.page(call)

    @get("/{id}", rule="get_address_scope", allow=_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show an address scope."""
        return row

    @post(rule="create_address_scope", allow=ADMIN_OR_MEMBER)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make an address scope."""
        row = {key: body[key] for key in ("name", "shared", "ip_version")}
        row |= {"id": call.world.ids.uuid(), "project_id": owner(call, body)}
        await call.tx.insert(ADDRESS_SCOPES, row)
        return row

    @put("/{id}", rule="update_address_scope", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change an address scope."""
        if row["shared"] and body.get("shared") is False:
            raise BadRequest(f"Unable to update address scope {row['id']} : Shared address scope can't be unshared.")
        if body:
            await call.tx.run(ADDRESS_SCOPES.update().where(ADDRESS_SCOPES.c.id == row["id"]).values(**body))
        return {**row, **body}

    @delete("/{id}", rule="delete_address_scope", allow=ADMIN_OR_MEMBER, raises=(AddressScopeInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove an address scope."""
        if await call.tx.first(select(SUBNETPOOLS.c.id).where(SUBNETPOOLS.c.address_scope_id == row["id"]).limit(1)):
            raise AddressScopeInUse(id=row["id"])
        await call.tx.run(ADDRESS_SCOPES.delete().where(ADDRESS_SCOPES.c.id == row["id"]))
