"""Networks, in the database."""

from sqlalchemy import Boolean, Column, Integer, String, Table

from pileus.kernel.store import METADATA, Json
from pileus.network.standard.table import standard_columns

NETWORKS = Table(
    "network_networks",
    METADATA,
    *standard_columns(),
    Column("admin_state_up", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("port_security_enabled", Boolean, nullable=False),
    Column("mtu", Integer, nullable=False),
    Column("network_type", String(32), nullable=False),
    Column("physical_network", String(64)),
    Column("segmentation_id", Integer),
    Column("external", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("dns_domain", String(255), nullable=False),
    Column("availability_zone_hints", Json, nullable=False),
)
