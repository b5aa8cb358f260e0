"""What was used and must not be used again."""

from sqlalchemy import Column, Index, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

USED = Table(
    "identity_used_once",
    METADATA,
    # of its kind and value; the value itself may be a secret
    Column("digest", String(64), primary_key=True),
    # the row may go then, because the thing is no good any more anyway
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_identity_used_once_expires_at", "expires_at"),
)
