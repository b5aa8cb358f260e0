"""The operations on usage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pileus.compute.pages.logic import neighbours, window
from pileus.compute.rules import ADMIN, READER_OR_ADMIN
from pileus.compute.servers.table import SERVERS
from pileus.compute.usage.logic import during, of_projects
from pileus.compute.usage.schema import UsageQuery, UsagesQuery
from pileus.compute.versions import USAGE_PAGES
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store import Row

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")

_INSTANT = timedelta(microseconds=1)
"""How long the period is that a request without one asks about."""


def _moment(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadRequest("Invalid datetime string: Datetime is in invalid format")


@resource("/os-simple-tenant-usage", policy="os_compute_api:os-simple-tenant-usage:%s")
class Usage:
    """What servers have used."""

    def target(self, call: Call, _loaded: Row | None) -> dict[str, Any]:
        """Usage belongs to the project that the path names."""
        return {**call.own(), "project_id": call.names.get("id", call.who.project_id)}

    async def _usage(
        self, call: Call, plural: str, project_id: str | None
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The usage of projects, and the link to the next page of servers."""
        now = call.world.clock.now()
        start = _moment(call.query.get("start"), now - _INSTANT)
        stop = _moment(call.query.get("end"), now)
        if start >= stop:
            raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
        stop = min(stop, now)
        limit, marker = window(call)
        sort = [("created_at", "asc")]
        try:
            found = await page(call.tx, during(start, stop, project_id), SERVERS, sort=sort, limit=limit, marker=marker)
        except UnknownMarker as error:
            raise BadRequest(f"Marker {marker} could not be found.") from error
        detailed = project_id is not None or call.query.get("detailed") == "1"
        usages = of_projects(found.rows, start, stop, now, detailed=detailed)
        return usages, neighbours(call, plural, found.next, None) if call.applies(USAGE_PAGES) else {}

    @get(rule="list", allow=ADMIN, query=UsagesQuery)
    async def index(self, call: Call) -> dict[str, Any]:
        """Show the usage of every project."""
        usages, links = await self._usage(call, "tenant_usages", None)
        return {"tenant_usages": usages, **links}

    @get("/{id}", rule="show", allow=READER_OR_ADMIN, query=UsageQuery)
    async def show(self, call: Call, id: str) -> dict[str, Any]:
        """Show the usage of a project, server by server."""
        usages, links = await self._usage(call, "tenant_usage", id)
        return {"tenant_usage": usages[0] if usages else {}, **links}
