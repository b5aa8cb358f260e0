"""`/routers`."""

from typing import Any

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network.errors import OverQuota, RouterInUse, RouterNotFound
from pileus.network.routers.logic import Routers, complete, visible
from pileus.network.routers.schema import ExtraRoutes, Interface, Router
from pileus.network.routers.table import ROUTERS
from pileus.network.rules import ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER
from pileus.network.standard.logic import Listing, check_revision, owner

LISTING = Listing(ROUTERS, Router, lambda call: visible(call.who))

_RIGHTS = {
    f"{verb}_router:external_gateway_info:{name}": (allow, "Choose how a router leaves.")
    for verb in ("create", "update")
    for name, allow in (
        ("network_id", ADMIN_OR_MEMBER),
        ("enable_snat", ADMIN),
        ("external_fixed_ips", ADMIN),
    )
}


@resource("/routers", schema=Router, rights=_RIGHTS)
class RouterApi:
    """What joins networks."""

    def __init__(self, logic: Routers, zone: str) -> None:
        self._logic = logic
        self._zone = zone

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await LISTING.find(call, id)
        if row is None:
            raise RouterNotFound(id=id)
        return row

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        named = body if isinstance(body, dict) else {}
        target = row if row is not None else {"project_id": owner(call, named)}
        for name in named.get("external_gateway_info") or ():
            call.must(f"{'create' if row is None else 'update'}_router:external_gateway_info:{name}", target)
        return target

    @get(rule="get_router", allow=ADMIN_OR_READER)
    async def list(self, call: Call) -> Page:
        """List routers."""
        found = await LISTING.page(call)
        await complete(call.tx, [*found.rows], self._zone)
        return found

    @get("/{id}", rule="get_router", allow=ADMIN_OR_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a router."""
        return (await complete(call.tx, [row], self._zone))[0]

    @post(rule="create_router", allow=ADMIN_OR_MEMBER, raises=(OverQuota,))
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a router."""
        row = await self._logic.create(call, owner(call, body), body)
        return (await complete(call.tx, [row], self._zone))[0]

    @put("/{id}", rule="update_router", allow=ADMIN_OR_MEMBER)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a router."""
        check_revision(call, row)
        row = await self._logic.update(call, row, body)
        return (await complete(call.tx, [row], self._zone))[0]

    @delete("/{id}", rule="delete_router", allow=ADMIN_OR_MEMBER, raises=(RouterInUse,))
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a router."""
        check_revision(call, row)
        await self._logic.delete(call, row)

    @put("/{id}/add_router_interface", rule="add_router_interface", allow=ADMIN_OR_MEMBER, body=Interface, returns=None)
    async def add_interface(self, call: Call, row: Row, body: dict[str, Any]) -> Any:
        """Join a router with a subnet."""
        return await self._logic.add_interface(call, row, body)

    @put(
        "/{id}/remove_router_interface",
        rule="remove_router_interface",
        allow=ADMIN_OR_MEMBER,
        body=Interface,
        returns=None,
    )
    async def remove_interface(self, call: Call, row: Row, body: dict[str, Any]) -> Any:
        """Take a router off a subnet."""
        return await self._logic.remove_interface(call, row, body)

    @put("/{id}/add_extraroutes", rule="add_extraroutes", allow=ADMIN_OR_MEMBER, body=ExtraRoutes, kind="action")
    async def add_routes(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Add routes to a router, whatever others it has."""
        row = await self._logic.change_routes(call.tx, row, body["routes"], [])
        return (await complete(call.tx, [row], self._zone))[0]

    @put("/{id}/remove_extraroutes", rule="remove_extraroutes", allow=ADMIN_OR_MEMBER, body=ExtraRoutes, kind="action")
    async def remove_routes(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Remove routes from a router, whatever others it has."""
        row = await self._logic.change_routes(call.tx, row, [], body["routes"])
        return (await complete(call.tx, [row], self._zone))[0]
