"""Power, locks and states: what `POST /servers/{id}/action` does to a whole server."""

from typing import Any

from sqlalchemy import update

from pileus.compute.errors import ServerBusy, ServerLocked
from pileus.compute.rules import ADMIN, MEMBER_OR_ADMIN
from pileus.compute.servers.access import ANY_LOCK, LOCK_RIGHTS, check_unlocked, load_server
from pileus.compute.servers.actions.schema import Reboot, ResetState
from pileus.compute.servers.api import begin_delete
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.states import SERVER
from pileus.compute.servers.table import SERVERS
from pileus.compute.versions import LOCKED_REASON
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import JsonBody, action, resource
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row

RAISES = (ServerBusy, ServerLocked)


@resource("/servers", policy="%s", rights=LOCK_RIGHTS)
class ServerActions:
    """What can be done to a server."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def load(self, call: Call, id: str) -> Row:
        """The server's row."""
        return await load_server(call, id)

    async def _begin(self, call: Call, server: Row, verb: str) -> None:
        check_unlocked(call, server)
        await SERVER.begin(call.tx, SERVERS, server, verb, updated_at=call.world.clock.now())
        await self._parts.kernel.engine.begin(
            call.tx,
            f"server.{verb}",
            resource_type="server",
            resource_id=server["id"],
            request_id=call.request_id,
            project_id=server["project_id"],
            user_id=call.who.user_id,
        )

    @action("os-start", rule="os_compute_api:servers:start", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def start(self, call: Call, server: Row) -> None:
        """Start a stopped server."""
        await self._begin(call, server, "start")

    @action("os-stop", rule="os_compute_api:servers:stop", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def stop(self, call: Call, server: Row) -> None:
        """Stop a server."""
        await self._begin(call, server, "stop")

    @action("reboot", body=Reboot, rule="os_compute_api:servers:reboot", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def reboot(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Restart a server."""
        await self._begin(call, server, "reboot" if body["type"].upper() == "SOFT" else "reboot_hard")

    @action("pause", rule="os_compute_api:os-pause-server:pause", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def pause(self, call: Call, server: Row) -> None:
        """Freeze a server in memory."""
        await self._begin(call, server, "pause")

    @action("unpause", rule="os_compute_api:os-pause-server:unpause", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def unpause(self, call: Call, server: Row) -> None:
        """Let a paused server go on."""
        await self._begin(call, server, "unpause")

    @action("suspend", rule="os_compute_api:os-suspend-server:suspend", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def suspend(self, call: Call, server: Row) -> None:
        """Save a server's memory to disk and stop it."""
        await self._begin(call, server, "suspend")

    @action("resume", rule="os_compute_api:os-suspend-server:resume", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def resume(self, call: Call, server: Row) -> None:
        """Let a suspended server go on."""
        await self._begin(call, server, "resume")

    @action("lock", body=JsonBody, rule="os_compute_api:os-lock-server:lock", allow=MEMBER_OR_ADMIN)
    async def lock(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Lock a server against its users."""
        body = body["lock"] if isinstance(body["lock"], dict) else {}
        reason = body.get("locked_reason")
        if set(body) - {"locked_reason"} or (body and not call.applies(LOCKED_REASON)):
            raise BadRequest(f"Invalid input for field/attribute lock. Value: {body}. It takes no such attribute.")
        if "locked_reason" in body and not (isinstance(reason, str) and 1 <= len(reason) <= 255):
            raise BadRequest(f"Invalid input for field/attribute locked_reason. Value: {reason}. It is no reason.")
        owner = server["project_id"] == call.who.project_id and not call.who.is_admin
        await self._lock(call, server, locked_by="owner" if owner else "admin", locked_reason=reason)

    @action("unlock", rule="os_compute_api:os-lock-server:unlock", allow=MEMBER_OR_ADMIN, raises=(ServerLocked,))
    async def unlock(self, call: Call, server: Row) -> None:
        """Unlock a server; what an administrator has locked needs a right of its own."""
        if server["locked_by"] == "admin":
            call.must(ANY_LOCK, server)
        await self._lock(call, server, locked_by=None, locked_reason=None)

    async def _lock(self, call: Call, server: Row, **values: Any) -> None:
        values["updated_at"] = call.world.clock.now()
        await call.tx.run(update(SERVERS).where(SERVERS.c.id == server["id"]).values(**values))

    @action("os-resetState", body=ResetState, rule="os_compute_api:os-admin-actions:reset_state", allow=ADMIN)
    async def reset_state(self, call: Call, server: Row, body: dict[str, Any]) -> None:
        """Write another state into the row; what is true is looked at again soon."""
        await SERVER.begin(call.tx, SERVERS, server, f"reset_{body['state']}", updated_at=call.world.clock.now())

    @action("forceDelete", rule="os_compute_api:os-deferred-delete:force", allow=MEMBER_OR_ADMIN, raises=RAISES)
    async def force_delete(self, call: Call, server: Row) -> None:
        """Delete at once; here every deletion is."""
        check_unlocked(call, server)
        await begin_delete(self._parts, call, server)
