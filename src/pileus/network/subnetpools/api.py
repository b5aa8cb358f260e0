"""`/subnetpools`."""

from typing import Any

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network.errors import OverQuota, SubnetPoolInUse, SubnetPoolNotFound
from pileus.network.rules import ADMIN_OR_MEMBER, ADMIN_OR_READER
from pileus.network.standard.logic import Listing, check_revision, owner
from pileus.network.subnetpools.logic import SubnetPools, visible
from pileus.network.subnetpools.schema import SubnetPool
from pileus.network.subnetpools.table import SUBNETPOOLS

_LISTING = Listing(SUBNETPOOLS, SubnetPool, lambda call: visible(call.who))
_READER = f"{ADMIN_OR_READER} or rule:shared_subnetpools"


@resource("/subnetpools", schema=SubnetPool)
class SubnetPoolApi:
    """Prefixes that subnets are cut from."""

    def __init__(self, logic: SubnetPools) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await _LISTING.find(call, id)
        if row is None:
            raise SubnetPoolNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        return row if row is not None else {"project_id": owner(call, body or {})}

    @get(rule="get_subnetpool", allow=_READER)
    async def list(self, call: Call) -> Page:
        """List subnet pools."""
        return await _LISTING.page(call)

    @get("/{id}", rule="get_subnetpool", allow=_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a subnet pool."""
        return row

    @post(rule="create_subnetpool", allow=ADMIN_OR_MEMBER, raises=(OverQuota,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a subnet pool."""
        return await self._logic.create(call, owner(call, body), body)

    @put("/{id}", rule="update_subnetpool", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a subnet pool."""
        check_revision(call, row)
        return await self._logic.update(call, row, body)

    @delete("/{id}", rule="delete_subnetpool", allow=ADMIN_OR_MEMBER, raises=(SubnetPoolInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a subnet pool."""
        check_revision(call, row)
        await self._logic.delete(call, row)
