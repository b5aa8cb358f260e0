"""What tokens rest on: that an identity provider still vouches, memberships that end, clouds that believe this one."""

from datetime import datetime

from sqlalchemy import func, select

from pileus.identity.federation.table import IDENTITY_PROVIDERS, PROTOCOLS, SERVICE_PROVIDERS
from pileus.identity.groups.table import EXPIRING_MEMBERS
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.store import Row, Tx


async def vouching(tx: Tx, provider: str, protocol: str) -> Row:
    """The identity provider that vouches for a token's bearer.

    Raises:
        Unauthorized: it is gone or disabled, or does not speak that protocol any more.
    """
    p, i = PROTOCOLS.c, IDENTITY_PROVIDERS.c
    speaks = select(p.id).where(p.identity_provider_id == i.id, p.id == protocol).exists()
    row = await tx.first(select(IDENTITY_PROVIDERS).where(i.id == provider, i.enabled.is_(True), speaks))
    if row is None:
        raise Unauthorized
    return row


async def next_expiry(tx: Tx, user_id: str, now: datetime) -> datetime | None:
    """When the next of a user's memberships ends that an identity provider told of; None for none."""
    e = EXPIRING_MEMBERS.c
    found = await tx.first(select(func.min(e.expires_at).label("next")).where(e.user_id == user_id, e.expires_at > now))
    moment: datetime | None = found["next"] if found else None
    return moment


async def service_providers(tx: Tx) -> list[dict[str, str]]:
    """The clouds that believe this one, as tokens tell of them."""
    s = SERVICE_PROVIDERS.c
    chosen = select(s.id, s.auth_url, s.sp_url).where(s.enabled.is_(True)).order_by(s.id)
    return [dict(row) for row in await tx.all(chosen)]
