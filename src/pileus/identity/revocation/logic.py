"""Events of revocation: made from what tokens are checked with, so that there is no list of them that grows."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from pileus.identity.projects.table import PROJECTS
from pileus.identity.tokens.access import stamp
from pileus.identity.tokens.table import REVOKED
from pileus.identity.users.table import USERS
from pileus.kernel.clock import Clock
from pileus.kernel.store import Tx


class Revocations:
    """Tells what has ended tokens.

    Args:
        reach: for how long a token may matter after it was issued.
    """

    def __init__(self, clock: Clock, reach: timedelta) -> None:
        self._clock = clock
        self._reach = reach

    async def events(self, tx: Tx, since: datetime | None) -> list[dict[str, Any]]:
        """The events that may still matter to a token, from a moment on."""
        begin = self._clock.now() - self._reach
        begin = begin if since is None else max(since, begin)
        return [event async for event in self._events(tx, begin)]

    async def _events(self, tx: Tx, begin: datetime) -> AsyncIterator[dict[str, Any]]:
        r, u, p = REVOKED.c, USERS.c, PROJECTS.c
        for row in await tx.all(select(REVOKED).where(r.revoked_at >= begin).order_by(r.revoked_at)):
            yield {"audit_id": row["audit_id"], "issued_before": stamp(row["revoked_at"])}
        for row in await tx.all(select(u.id, u.tokens_since).where(u.tokens_since >= begin).order_by(u.tokens_since)):
            yield {"user_id": row["id"], "issued_before": stamp(row["tokens_since"])}
        places = select(p.id, p.is_domain, p.tokens_since).where(p.tokens_since >= begin).order_by(p.tokens_since)
        for row in await tx.all(places):
            name = "domain_id" if row["is_domain"] else "project_id"
            yield {name: row["id"], "issued_before": stamp(row["tokens_since"])}
