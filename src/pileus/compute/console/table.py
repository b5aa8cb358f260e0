"""The tickets of consoles: each opens one connection, soon after it was made."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

TICKETS = Table(
    "compute_console_tickets",
    METADATA,
    Column("digest", String(64), primary_key=True, doc="SHA-256 of the token; the token itself is not kept"),
    Column("server_id", String(36), ForeignKey("compute_servers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("type", String(16), nullable=False, doc="novnc …"),
    Column("host", String(255), nullable=False, doc="where the screen listens"),
    Column("port", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
"""One row a ticket that was not used yet."""
