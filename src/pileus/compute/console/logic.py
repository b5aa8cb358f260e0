"""Making and redeeming tickets of consoles."""

import base64
import hashlib
from datetime import timedelta

from sqlalchemy import delete, select

from pileus.compute.console.table import TICKETS
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World

LIFE = timedelta(seconds=600)
"""How long a ticket is good for."""


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def issue(tx: Tx, world: World, server_id: str, type: str, host: str, port: int) -> str:
    """Make a ticket; its token, which only its owner ever sees."""
    token = base64.urlsafe_b64encode(world.ids.secret(24)).decode()
    now = world.clock.now()
    await tx.run(delete(TICKETS).where(TICKETS.c.expires_at < now))
    row = {"digest": digest(token), "server_id": server_id, "type": type, "host": host, "port": port}
    await tx.insert(TICKETS, {**row, "expires_at": now + LIFE})
    return token


async def look_up(tx: Tx, world: World, token: str) -> Row | None:
    """The ticket of a token, if it is still good."""
    now = world.clock.now()
    return await tx.first(select(TICKETS).where(TICKETS.c.digest == digest(token), TICKETS.c.expires_at > now))


async def redeem(tx: Tx, world: World, token: str) -> Row | None:
    """Use a ticket up: the first caller gets it, nobody else."""
    found = await look_up(tx, world, token)
    if found is None or not await tx.run(delete(TICKETS).where(TICKETS.c.digest == found["digest"])):
        return None
    return found
