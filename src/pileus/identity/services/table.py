"""The catalog's services."""

from sqlalchemy import Boolean, Column, String, Table

from pileus.kernel.store import METADATA, Json

SERVICES = Table(
    "identity_services",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("type", String(255), nullable=False),
    Column("enabled", Boolean, nullable=False),
    # the name and the description too
    Column("extra", Json, nullable=False),
)
