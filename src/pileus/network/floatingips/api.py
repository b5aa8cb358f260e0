"""`/floatingips`."""

from typing import Any

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network.errors import (
    ExternalGatewayForFloatingIPNotFound,
    ExternalIpAddressExhausted,
    FloatingIPNotFound,
    FloatingIPPortAlreadyAssociated,
    OverQuota,
)
from pileus.network.floatingips.logic import FloatingIPs, complete, visible
from pileus.network.floatingips.schema import FloatingIP
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.rules import ADMIN_OR_MEMBER, ADMIN_OR_READER
from pileus.network.standard.logic import Listing, check_revision, owner

LISTING = Listing(FLOATINGIPS, FloatingIP, lambda call: visible(call.who))


@resource("/floatingips", schema=FloatingIP)
class FloatingIPApi:
    """Outside addresses that stand for inside ones."""

    def __init__(self, logic: FloatingIPs) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await LISTING.find(call, id)
        if row is None:
            raise FloatingIPNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        return row if row is not None else {"project_id": owner(call, body or {})}

    @get(rule="get_floatingip", allow=ADMIN_OR_READER)
    async def list(self, call: Call) -> Page:
        """List floating IPs."""
        found = await LISTING.page(call)
        await complete(call.tx, [*found.rows])
        return found

    @get("/{id}", rule="get_floatingip", allow=ADMIN_OR_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a floating IP."""
        return (await complete(call.tx, [row]))[0]

    @post(
        rule="create_floatingip",
        allow=ADMIN_OR_MEMBER,
        raises=(OverQuota, ExternalIpAddressExhausted, ExternalGatewayForFloatingIPNotFound),
    )
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a floating IP."""
        return (await complete(call.tx, [await self._logic.create(call, owner(call, body), body)]))[0]

    @put("/{id}", rule="update_floatingip", allow=ADMIN_OR_MEMBER, raises=(FloatingIPPortAlreadyAssociated,))
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Lead a floating IP elsewhere, or nowhere."""
        check_revision(call, row)
        return (await complete(call.tx, [await self._logic.update(call, row, body)]))[0]

    @delete("/{id}", rule="delete_floatingip", allow=ADMIN_OR_MEMBER)
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a floating IP."""
        check_revision(call, row)
        await self._logic.delete(call.tx, row)
