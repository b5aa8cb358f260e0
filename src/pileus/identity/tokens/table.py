"""Tokens that were given back before their time; tokens themselves are not stored."""

from sqlalchemy import Column, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

REVOKED = Table(
    "identity_revoked_tokens",
    METADATA,
    Column("audit_id", String(32), primary_key=True),
    # the row may go then, because the token is no good anyway
    Column("expires_at", UtcDateTime, nullable=False),
    # the moment of giving back, null where it is not known any more
    Column("revoked_at", UtcDateTime, nullable=True),
)
