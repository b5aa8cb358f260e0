"""The tables of aggregates.  `aggregates/logic.py` owns them."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from pileus.kernel.store import METADATA, Json, UtcDateTime

AGGREGATES = Table(
    "compute_aggregates",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("metadata", Json, nullable=False, doc="texts by key; the zone is the value of `availability_zone`"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=True),
    sqlite_autoincrement=True,
)
"""One row for each aggregate."""

AGGREGATE_HOSTS = Table(
    "compute_aggregate_hosts",
    METADATA,
    Column("aggregate_id", Integer, ForeignKey("compute_aggregates.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(255), primary_key=True, index=True),
)
"""The hosts of each aggregate.  A host may be in many, of which at most one has a zone (or all have the same)."""
