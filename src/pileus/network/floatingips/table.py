"""Floating IPs, in the database.  A port of the external network holds the address of each."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint

from pileus.kernel.store import METADATA
from pileus.network.standard.table import standard_columns

FLOATINGIPS = Table(
    "network_floatingips",
    METADATA,
    *standard_columns(),
    Column("floating_network_id", ForeignKey("network_networks.id"), nullable=False, index=True),
    Column("floating_ip_address", String(64), nullable=False),
    Column("floating_port_id", String(36), nullable=False),
    Column("fixed_port_id", ForeignKey("network_ports.id"), nullable=True),
    Column("fixed_ip_address", String(64)),
    Column("router_id", ForeignKey("network_routers.id"), index=True),
    Column("status", String(16), nullable=False),
    Column("dns_name", String(255), nullable=False),
    Column("dns_domain", String(255), nullable=False),
    UniqueConstraint("floating_network_id", "fixed_port_id", "fixed_ip_address"),
    Index("ix_network_floatingips_port", "fixed_port_id"),
)
