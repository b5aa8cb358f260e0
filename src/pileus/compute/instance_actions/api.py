"""/servers/{id}/os-instance-actions: the journal of a server's operations, also of one that is gone."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from pileus.compute.errors import ServerNotFound
from pileus.compute.rules import ADMIN, READER_OR_ADMIN
from pileus.compute.servers.access import load_server
from pileus.compute.servers.viewing.showing import naive
from pileus.compute.versions import (
    ACTION_HOST,
    ACTION_PAGES,
    ACTIONS_OF_DELETED,
    CHANGES_BEFORE,
    COMPUTE,
    EVENT_DETAILS,
    VOLUME_EXTENDED,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.api.schema import Schema
from pileus.kernel.operations import OPERATION_STEPS, OPERATIONS
from pileus.kernel.store import Row

EVENTS = "events"
EVENT_TEXT = "events:details"
MOST = 1000


class ActionsQuery(Schema, history=COMPUTE, extra="ignore"):
    """The query string of the list."""

    limit = f.integer("How many at the most.", least=0, since=ACTION_PAGES)
    marker = f.text("The request id of the last action of the page before.", since=ACTION_PAGES)
    since = f.text("Only what changed since then.", wire="changes-since", format="date-time", since=ACTION_PAGES)
    before = f.text("Only what changed before then.", wire="changes-before", format="date-time", since=CHANGES_BEFORE)


@resource(
    "/servers/{id}/os-instance-actions",
    policy="os_compute_api:os-instance-actions:%s",
    rights={
        EVENTS: (ADMIN, "See the traces of events, and events before 2.51."),
        EVENT_TEXT: (ADMIN, "See the details of events."),
    },
)
class InstanceActions:
    """What was done to a server."""

    async def _known(self, call: Call, id: str) -> None:
        """Raise unless the caller may know of the server, or may have known.

        Raises:
            ServerNotFound: it may not.
        """
        try:
            await load_server(call, id)
        except ServerNotFound:
            c = OPERATIONS.c
            statement = select(c.project_id).where(c.resource_type == "server", c.resource_id == id).limit(1)
            owner = await call.tx.scalar(statement)
            may = owner is not None and (owner == call.who.project_id or call.who.is_admin)
            if not may or not call.applies(ACTIONS_OF_DELETED):
                raise

    @get(rule="list", allow=READER_OR_ADMIN, query=ActionsQuery, raises=(ServerNotFound,))
    async def list(self, call: Call, id: str) -> dict[str, Any]:
        """List what was done, newest first."""
        await self._known(call, id)
        c = OPERATIONS.c
        statement = select(OPERATIONS).where(c.resource_type == "server", c.resource_id == id)
        for name, compare in (("changes-since", c.updated_at.__ge__), ("changes-before", c.updated_at.__le__)):
            if name in call.query:
                statement = statement.where(compare(_moment(call.query[name])))
        rows = await call.tx.all(statement.order_by(c.created_at.desc(), c.sequence.desc()))
        marker = call.query.get("marker")
        if marker:
            places = [i for i, row in enumerate(rows) if row["request_id"] == marker]
            if not places:
                raise BadRequest(f"marker [{marker}] not found")
            rows = rows[places[0] + 1 :]
        limit = min(call.query.get("limit") or MOST, MOST)
        answer: dict[str, Any] = {"instanceActions": [_action(call, row) for row in rows[:limit]]}
        if len(rows) > limit and call.applies(ACTION_PAGES):
            path = call.url("servers", id, "os-instance-actions")
            href = f"{path}?limit={limit}&marker={rows[limit - 1]['request_id']}"
            answer["links"] = [{"rel": "next", "href": href}]
        return answer

    @get("/{request}", rule="show", allow=READER_OR_ADMIN, raises=(ServerNotFound, NotFound))
    async def show(self, call: Call, id: str, request: str) -> dict[str, Any]:
        """Show what one request did."""
        await self._known(call, id)
        c = OPERATIONS.c
        row = await call.tx.first(
            select(OPERATIONS).where(c.resource_type == "server", c.resource_id == id, c.request_id == request)
        )
        if row is None:
            raise NotFound(f"Action for request_id {request} on instance {id} not found")
        shown = _action(call, row)
        target = {"project_id": row["project_id"]}
        traces = call.may(EVENTS, target)
        if traces or call.applies(VOLUME_EXTENDED):
            s = OPERATION_STEPS.c
            steps = await call.tx.all(select(OPERATION_STEPS).where(s.operation_id == row["id"]).order_by(s.position))
            details = call.may(EVENT_TEXT, target)
            shown["events"] = [_event(call, row, step, traces=traces, details=details) for step in steps]
        return {"instanceAction": shown}


def _action(call: Call, row: Row) -> dict[str, Any]:
    name = row["kind"].removeprefix("server.").removesuffix("_hard")
    shown = {
        "action": name,
        "instance_uuid": row["resource_id"],
        "request_id": row["request_id"],
        "user_id": row["user_id"] or None,
        "project_id": row["project_id"],
        "start_time": naive(row["created_at"]),
        "message": "Error" if row["state"] in {"failed", "undoing"} else None,
    }
    if call.applies(ACTION_PAGES):
        shown["updated_at"] = naive(row["updated_at"])
    return shown


def _event(call: Call, row: Row, step: Row, *, traces: bool, details: bool) -> dict[str, Any]:
    failed = step["state"] in {"failed", "undone"} and step["error"]
    shown: dict[str, Any] = {
        "event": f"compute_{step['name']}",
        "start_time": naive(step["started_at"]),
        "finish_time": naive(step["finished_at"]),
        "result": "Error" if failed else "Success",
    }
    if traces:
        shown["traceback"] = (row["error"] or {}).get("details") if failed else None
    if call.applies(ACTION_HOST):
        host = step["host"] or ""
        shown["hostId"] = hashlib.sha224((row["project_id"] + host).encode()).hexdigest() if host else ""
        if traces:
            shown["host"] = host
    if call.applies(EVENT_DETAILS):
        told = step["error"] if failed else row["input"].get("reason")
        shown["details"] = told if details else None
    return shown


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
