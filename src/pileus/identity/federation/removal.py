"""What goes with an identity provider, and with a user whom one vouches for."""

from typing import Any

from sqlalchemy import delete

from pileus.identity.federation.table import IDENTITY_PROVIDERS, PROTOCOLS, REMOTE_IDS, SHADOWS
from pileus.identity.groups.table import EXPIRING_MEMBERS
from pileus.identity.oauth1.table import ACCESS_TOKENS
from pileus.kernel.store import Tx


async def forget(tx: Tx, providers: Any) -> None:
    """Remove identity providers with all that is theirs.

    Args:
        providers: their ids, or a statement that selects them.
    """
    for table in (PROTOCOLS, REMOTE_IDS, SHADOWS, EXPIRING_MEMBERS):
        await tx.run(delete(table).where(table.c.identity_provider_id.in_(providers)))
    await tx.run(delete(IDENTITY_PROVIDERS).where(IDENTITY_PROVIDERS.c.id.in_(providers)))


async def forget_users(tx: Tx, users: Any) -> None:
    """Remove what identity providers and consumers know of users.

    Args:
        users: their ids, or a statement that selects them.
    """
    for table in (SHADOWS, EXPIRING_MEMBERS, ACCESS_TOKENS):
        await tx.run(delete(table).where(table.c.user_id.in_(users)))
