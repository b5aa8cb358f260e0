"""The table of custom traits; the standard ones are the library's."""

from sqlalchemy import Column, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

TRAITS = Table(
    "placement_traits",
    METADATA,
    Column("name", String(255), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)
"""One row a custom trait."""
