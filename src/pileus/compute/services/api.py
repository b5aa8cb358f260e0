"""The operations on services."""

import re
from typing import Any

from pileus.compute.rules import ADMIN
from pileus.compute.services import logic
from pileus.compute.services.schema import Change, OldChange, ServiceQuery, ServiceRecord
from pileus.compute.settings import ComputeSettings
from pileus.compute.versions import FORCED_DOWN, UUIDS_FOR_SERVICES
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.store import Row
from pileus.placement.service import Placement

UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def named(call: Call, id: str) -> dict[str, Any]:
    """The column that an id of the request's version names.

    Raises:
        BadRequest: the id is not of the form that the version has.
    """
    if call.applies(UUIDS_FOR_SERVICES):
        if not UUID.fullmatch(id):
            raise BadRequest(f"Invalid uuid {id}")
        return {"uuid": id}
    if not id.isdecimal() or len(id) > 9:
        raise BadRequest(f"id must be an integer: {id}")
    return {"id": int(id)}


@resource("/os-services", schema=ServiceRecord, policy="os_compute_api:os-services:%s")
class Services:
    """The processes that carry the cloud."""

    def __init__(self, settings: ComputeSettings, placement: Placement) -> None:
        self._settings = settings
        self._placement = placement

    @get(rule="list", allow=ADMIN, query=ServiceQuery)
    async def index(self, call: Call) -> list[Row]:
        """List services."""
        where = {name: value for name, value in call.query.items() if value}
        return await logic.listed(call.tx, call.world.clock.now(), self._settings, **where)

    @put("/{verb}", rule="update", allow=ADMIN, body=OldChange, kind="create", returns=None, until=UUIDS_FOR_SERVICES)
    async def decide(self, call: Call, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        """Enable, disable or force down the service that the body names."""
        where = {"host": body["host"], "binary": body["binary"]}
        if verb == "force-down" and call.applies(FORCED_DOWN):
            if "forced_down" not in body:
                raise BadRequest("Missing forced_down field")
            values: dict[str, Any] = {"forced_down": body["forced_down"]}
            shown = dict(values)
        elif verb == "enable":
            values, shown = {"disabled": False, "disabled_reason": None}, {"status": "enabled"}
        elif verb == "disable":
            values, shown = {"disabled": True, "disabled_reason": None}, {"status": "disabled"}
        elif verb == "disable-log-reason":
            if "disabled_reason" not in body:
                raise BadRequest("Missing disabled reason field")
            reason = body["disabled_reason"]
            values = {"disabled": True, "disabled_reason": reason}
            shown = {"status": "disabled", "disabled_reason": reason}
        else:
            raise NotFound("Unknown action")
        await logic.decide(call.tx, call.world, await logic.find(call.tx, where), values)
        return {"service": {**where, **shown}}

    @put("/{verb}", rule="update", allow=ADMIN, body=Change, since=UUIDS_FOR_SERVICES)
    async def update(self, call: Call, verb: str, body: dict[str, Any]) -> Row:
        """Enable, disable or force down a service."""
        service = await logic.find(call.tx, named(call, verb))
        values: dict[str, Any] = {}
        if "status" in body:
            values = {"disabled": body["status"] == "disabled", "disabled_reason": body.get("disabled_reason")}
        if "disabled_reason" in body and body.get("status") != "disabled":
            raise BadRequest("Specifying disabled_reason requires that status is 'disabled'.")
        if "forced_down" in body:
            values["forced_down"] = body["forced_down"]
        if not values:
            raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
        await logic.decide(call.tx, call.world, service, values)
        (changed,) = await logic.listed(call.tx, call.world.clock.now(), self._settings, uuid=service["uuid"])
        return changed

    @delete("/{id}", rule="delete", allow=ADMIN)
    async def delete(self, call: Call, id: str) -> None:
        """Forget a service."""
        await logic.remove(call.tx, self._placement, await logic.find(call.tx, named(call, id)))
