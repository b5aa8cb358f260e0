"""Address scopes, in the database."""

from sqlalchemy import Boolean, Column, Integer, String, Table

from pileus.kernel.store import METADATA

ADDRESS_SCOPES = Table(
    "network_address_scopes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("project_id", String(255), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("ip_version", Integer, nullable=False),
)
