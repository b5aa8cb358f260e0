"""Routers, in the database.  Their interfaces and gateways are ports whose device they are."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from pileus.kernel.store import METADATA, Json
from pileus.network.standard.table import standard_columns

ROUTERS = Table(
    "network_routers",
    METADATA,
    *standard_columns(),
    Column("admin_state_up", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("gateway_network_id", ForeignKey("network_networks.id"), index=True),
    Column("gateway_port_id", String(36)),
    Column("enable_snat", Boolean, nullable=False),
    Column("routes", Json, nullable=False),
    Column("availability_zone_hints", Json, nullable=False),
    Column("distributed", Boolean, nullable=False),
    Column("ha", Boolean, nullable=False),
)
