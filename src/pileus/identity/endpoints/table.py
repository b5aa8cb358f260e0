"""Where the catalog's services answer."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json

ENDPOINTS = Table(
    "identity_endpoints",
    METADATA,
    Column("id", String(64), primary_key=True),
    # "public", "internal" or "admin"
    Column("interface", String(8), nullable=False),
    Column("region_id", String(255), nullable=True),
    Column("service_id", String(64), nullable=False),
    # may hold %(project_id)s and the like
    Column("url", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("extra", Json, nullable=False),
    Index("ix_identity_endpoints_service_id", "service_id"),
)
