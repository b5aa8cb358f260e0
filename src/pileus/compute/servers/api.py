"""/servers: create, list, show, change, delete."""

from typing import Any

import msgspec
from sqlalchemy import update

from pileus.compute.errors import OverQuota, ServerLocked, ServerNotFound
from pileus.compute.rules import ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN
from pileus.compute.servers.access import LOCK_RIGHTS, check_unlocked, load_server
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.making import creating
from pileus.compute.servers.making.bodies import ChangedServer, NewServer
from pileus.compute.servers.making.creating import Creating
from pileus.compute.servers.schema import CreatedServer, Server, ServerSummary, UpdatedServer
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.compute.servers.viewing import enriching, listing
from pileus.compute.servers.viewing.enriching import Enriching
from pileus.compute.servers.viewing.listing import Listing, ServersQuery
from pileus.kernel.api.call import Answer, Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, Conflict
from pileus.kernel.store import Row

RIGHTS = {
    "os_compute_api:servers:index:get_all_tenants": (ADMIN, "List the servers of all projects."),
    "os_compute_api:servers:detail:get_all_tenants": (ADMIN, "List the servers of all projects in detail."),
    listing.ALL_FILTERS: (ADMIN, "Use every filter of lists."),
    enriching.EXTENDED_RIGHT: (ADMIN, "See the attributes OS-EXT-SRV-ATTR:…."),
    enriching.HOST_STATUS: (ADMIN, "See how the host of a server fares."),
    enriching.HOST_UNKNOWN: (ADMIN, "See that nothing is known of the host of a server."),
    enriching.SPECS: (READER_OR_ADMIN, "See the extra specs of a server's flavor."),
    creating.FORCED_HOST: (ADMIN, "Force a new server to a host."),
    creating.REQUESTED_DESTINATION: (ADMIN, "Ask for the host of a new server."),
    creating.ZERO_DISK: (ADMIN, "Create servers whose flavor has no disk."),
    creating.ATTACH_NETWORK: (MEMBER_OR_ADMIN, "Create servers with nics that one chooses."),
    creating.CERTIFICATES: (MEMBER_OR_ADMIN, "Create servers with trusted certificates."),
    **LOCK_RIGHTS,
}


@resource("/servers", schema=Server, policy="%s", rights=RIGHTS)
class Servers:
    """Virtual machines."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._enriching = Enriching(parts)
        self._listing = Listing(self._enriching)
        self._creating = Creating(parts)

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    @get(rule="os_compute_api:servers:index", allow=READER_OR_ADMIN, query=ServersQuery, returns=ServerSummary)
    async def list(self, call: Call) -> Page:
        """List servers, short."""
        return await self._listing.find(call, "index")

    @get("/detail", rule="os_compute_api:servers:detail", allow=READER_OR_ADMIN, query=ServersQuery, many=True)
    async def detail(self, call: Call) -> Page:
        """List servers in detail."""
        page = await self._listing.find(call, "detail")
        await self._enriching.enrich(call, page.rows)
        return page

    @get("/{id}", rule="os_compute_api:servers:show", allow=READER_OR_ADMIN, raises=(ServerNotFound,))
    async def show(self, call: Call, server: Row) -> Row:
        """Show a server."""
        await self._enriching.enrich(call, [server], one=True)
        return server

    @post(
        rule="os_compute_api:servers:create",
        allow=MEMBER_OR_ADMIN,
        status=202,
        body=NewServer,
        returns=CreatedServer,
        raises=(BadRequest, OverQuota, Conflict),
    )
    async def create(self, call: Call, body: dict[str, Any]) -> Row | Answer:
        """Accept one or several new servers."""
        rows = await self._creating.create(call, body)
        if body.get("return_reservation_id"):
            content = msgspec.json.encode({"reservation_id": rows[0]["reservation_id"]})
            return Answer(202, {"Content-Type": "application/json"}, content)
        call.headers["Location"] = call.url("servers", rows[0]["id"])
        return rows[0]

    @put(
        "/{id}",
        rule="os_compute_api:servers:update",
        allow=MEMBER_OR_ADMIN,
        body=ChangedServer,
        returns=UpdatedServer,
        raises=(ServerNotFound, Conflict),
    )
    async def update(self, call: Call, server: Row, body: dict[str, Any]) -> Row:
        """Change a server's name and the like."""
        names = {
            "name": "name",
            "OS-DCF:diskConfig": "disk_config",
            "accessIPv4": "access_ip_v4",
            "accessIPv6": "access_ip_v6",
            "description": "description",
            "hostname": "hostname",
        }
        changed = {column: body[wire] for wire, column in names.items() if wire in body}
        if "pinned_availability_zone" in body:
            changed["pinned_zone"] = _pinned(server, body["pinned_availability_zone"])
        changed["updated_at"] = call.world.clock.now()
        await call.tx.run(update(SERVERS).where(SERVERS.c.id == server["id"]).values(**changed))
        row = {**server, **changed}
        await self._enriching.enrich(call, [row], one=True)
        return row

    @delete("/{id}", rule="os_compute_api:servers:delete", allow=MEMBER_OR_ADMIN, raises=(ServerNotFound, ServerLocked))
    async def delete(self, call: Call, server: Row) -> None:
        """Delete a server, whatever is being done to it."""
        check_unlocked(call, server)
        await begin_delete(self._parts, call, server)


async def begin_delete(parts: ServerParts, call: Call, server: Row) -> None:
    """Begin the deletion of a server; one that is being deleted already is left to that."""
    if server["task_state"] == "deleting":
        return
    await SERVER.begin(call.tx, SERVERS, server, "delete", updated_at=call.world.clock.now())
    await parts.kernel.engine.begin(
        call.tx,
        "server.delete",
        resource_type="server",
        resource_id=server["id"],
        input={"host": server["host"] or ""},
        request_id=call.request_id,
        project_id=server["project_id"],
        user_id=call.who.user_id,
        cancels=True,
    )


def _pinned(server: Row, wanted: str | None) -> str | None:
    """The zone that a server is pinned to from now on.

    Raises:
        Conflict: it is another one than the server is in, or than it is pinned to.
    """
    pinned = server["pinned_zone"]
    if wanted is None or wanted == pinned:
        return wanted
    if pinned is not None:
        raise Conflict(f"The server is pinned to availability zone {pinned}; unpin it first.")
    if wanted != server["zone"]:
        raise Conflict(f"The server is in availability zone {server['zone']}, not in {wanted}.")
    return wanted
