"""Adding to servers' rows what other tables and services know of them: a fixed number of queries for any number."""

from collections.abc import Sequence

from sqlalchemy import select

from pileus.compute.scheduling.hosts import compute_services, is_alive
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.schema import EXTENDED
from pileus.compute.servers.table import SERVER_EXTRAS, SERVER_TAGS
from pileus.compute.versions import (
    FLAVOR_EMBEDDED,
    GROUPS_OF_SERVER,
    MORE_SERVER_ATTRIBUTES,
    SERVER_HOST_STATUS,
)
from pileus.compute.versions import (
    SERVER_TAGS as TAGS,
)
from pileus.kernel.api.call import Call
from pileus.kernel.store import Row

EXTENDED_RIGHT = "os_compute_api:os-extended-server-attributes"
HOST_STATUS = "os_compute_api:servers:show:host_status"
HOST_UNKNOWN = "os_compute_api:servers:show:host_status:unknown-only"
SPECS = "os_compute_api:servers:show:flavor-extra-specs"


class Enriching:
    """Prepares rows for being shown in full."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def enrich(self, call: Call, rows: Sequence[Row], *, one: bool = False) -> None:
        """Add to the rows in place; `one` for a single server, which shows a little more."""
        hidden = set(call.hidden)
        target = rows[0] if one and rows else None
        extended = call.may(EXTENDED_RIGHT, target)
        if not extended:
            hidden |= EXTENDED
        if not rows:
            call.hidden = frozenset(hidden)
            return
        ids = [row["id"] for row in rows]
        await self._ports(call, rows, ids)
        if call.applies(TAGS):
            await self._tags(call, rows, ids)
        if extended and call.applies(MORE_SERVER_ATTRIBUTES):
            await self._user_data(call, rows, ids)
        if call.applies(SERVER_HOST_STATUS) and not await self._host_status(call, rows, target):
            hidden.add("host_status")
        if call.applies(FLAVOR_EMBEDDED) and not call.may(SPECS, target):
            for row in rows:
                row["shows_specs"] = False
        if one and call.applies(GROUPS_OF_SERVER):
            groups = await self._parts.near.groups.of_servers(call.tx, ids)
            for row in rows:
                row["server_groups"] = [groups[row["id"]]] if row["id"] in groups else []
        for row in rows:
            row["extended"] = extended
        call.hidden = frozenset(hidden)

    async def ports(self, call: Call, rows: Sequence[Row]) -> None:
        """Add only the ports."""
        found = await self._parts.network.ports(call.tx, [row["id"] for row in rows])
        for row in rows:
            row["ports"] = found.get(row["id"], [])

    async def _ports(self, call: Call, rows: Sequence[Row], ids: list[str]) -> None:
        await self.ports(call, rows)
        groups = list({g for row in rows for port in row["ports"] for g in port.security_groups})
        names = await self._parts.network.security_group_names(call.tx, groups) if groups else {}
        for row in rows:
            own = dict.fromkeys(g for port in row["ports"] for g in port.security_groups)
            row["group_names"] = list(dict.fromkeys(names[g] for g in own if g in names))

    async def _tags(self, call: Call, rows: Sequence[Row], ids: list[str]) -> None:
        c = SERVER_TAGS.c
        found: dict[str, list[str]] = {}
        for entry in await call.tx.all(select(SERVER_TAGS).where(c.server_id.in_(ids)).order_by(c.tag)):
            found.setdefault(entry["server_id"], []).append(entry["tag"])
        for row in rows:
            row["tags"] = found.get(row["id"], [])

    async def _user_data(self, call: Call, rows: Sequence[Row], ids: list[str]) -> None:
        c = SERVER_EXTRAS.c
        statement = select(c.id, c.user_data).where(c.id.in_(ids), c.user_data.is_not(None))
        found = {entry["id"]: entry["user_data"] for entry in await call.tx.all(statement)}
        for row in rows:
            row["user_data"] = found.get(row["id"])

    async def _host_status(self, call: Call, rows: Sequence[Row], target: Row | None) -> bool:
        """Whether the rows show how their hosts fare."""
        every, unknown = call.may(HOST_STATUS, target), call.may(HOST_UNKNOWN, target)
        if not every and not unknown:
            return False
        services = await compute_services(call.tx)
        now = call.world.clock.now()
        for row in rows:
            service = services.get(row["host"] or "")
            if service is None:
                row["host_status"] = ""
            elif service["forced_down"]:
                row["host_status"] = "DOWN"
            elif not is_alive(service, now):
                row["host_status"] = "UNKNOWN"
            else:
                row["host_status"] = "MAINTENANCE" if service["disabled"] else "UP"
            if not every and row["host_status"] != "UNKNOWN":
                del row["host_status"]
        return True
