"""`POST /os-server-external-events`.

Compute reads ports where they are and looks at hosts by itself, so that an event changes nothing: it is answered as
Nova answers it, for services that expect to be heard.
"""

from typing import Any

from sqlalchemy import select

from pileus.compute.external_events.schema import ExternalEvents
from pileus.compute.rules import SERVICE_OR_ADMIN
from pileus.compute.servers.table import SERVERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import post, resource
from pileus.kernel.api.errors import NotFound


@resource("/os-server-external-events", policy="os_compute_api:os-server-external-events:%s")
class ServerExternalEvents:
    """What other services tell compute about servers."""

    @post(rule="create", allow=SERVICE_OR_ADMIN, status=200, body=ExternalEvents, returns=None, raises=(NotFound,))
    async def create(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Hear events: each is answered with a code of its own, 207 where they differ."""
        wanted = {event["server_uuid"] for event in body["events"]}
        rows = await call.tx.all(select(SERVERS.c.id, SERVERS.c.host).where(SERVERS.c.id.in_(wanted)))
        placed = {row["id"]: bool(row["host"]) for row in rows}
        heard = [_answered(event, placed) for event in body["events"]]
        codes = {event["code"] for event in heard}
        if codes == {404}:
            raise NotFound("No instances found for any event")
        call.status = 200 if codes == {200} else 207
        return {"events": heard}


def _answered(event: dict[str, Any], placed: dict[str, bool]) -> dict[str, Any]:
    shown = {"status": "completed", **event}
    if event["server_uuid"] not in placed:
        return {**shown, "status": "failed", "code": 404}
    if not placed[event["server_uuid"]]:
        return {**shown, "status": "failed", "code": 422}
    return {**shown, "code": 200}
