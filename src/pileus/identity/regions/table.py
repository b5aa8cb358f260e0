"""Regions."""

from sqlalchemy import Column, String, Table, Text

from pileus.kernel.store import METADATA, Json

REGIONS = Table(
    "identity_regions",
    METADATA,
    Column("id", String(255), primary_key=True),
    Column("description", Text, nullable=False),
    Column("parent_region_id", String(255), nullable=True),
    Column("extra", Json, nullable=False),
)
