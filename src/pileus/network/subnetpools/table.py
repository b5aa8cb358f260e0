"""Subnet pools, in the database."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table

from pileus.kernel.store import METADATA, Json
from pileus.network.standard.table import standard_columns

SUBNETPOOLS = Table(
    "network_subnetpools",
    METADATA,
    *standard_columns(),
    Column("ip_version", Integer, nullable=False),
    Column("prefixes", Json, nullable=False),
    Column("default_prefixlen", Integer, nullable=False),
    Column("min_prefixlen", Integer, nullable=False),
    Column("max_prefixlen", Integer, nullable=False),
    Column("default_quota", Integer),
    Column("shared", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("address_scope_id", ForeignKey("network_address_scopes.id"), index=True),
)
