"""Reaching a server: who may know of it, and whether it may be touched."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from pileus.compute.errors import ServerLocked, ServerNotFound
from pileus.compute.rules import ADMIN
from pileus.compute.servers.table import SERVERS
from pileus.kernel.api.call import Call
from pileus.kernel.store import Row

ANY_LOCK = "os_compute_api:os-lock-server:unlock:unlock_override"
LOCK_RIGHTS = {ANY_LOCK: (ADMIN, "Touch and unlock servers that an administrator has locked.")}


async def load_server(call: Call, id: str) -> Row:
    """A server's row.

    Raises:
        ServerNotFound: there is none, or it is another project's and the caller is no administrator.
    """
    row = await call.tx.first(select(SERVERS).where(SERVERS.c.id == id))
    if row is None or (row["project_id"] != call.who.project_id and not call.who.is_admin):
        raise ServerNotFound(id=id)
    return row


def check_unlocked(call: Call, row: Mapping[str, Any]) -> None:
    """Raise if the server is locked against the caller; administrators pass every lock.

    Raises:
        ServerLocked: it is.
    """
    if row["locked_by"] is not None and not call.who.is_admin:
        raise ServerLocked(id=row["id"])
