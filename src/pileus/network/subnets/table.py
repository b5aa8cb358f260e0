"""Subnets and the addresses taken in them, in the database."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from pileus.kernel.store import METADATA, Json
from pileus.network.standard.table import standard_columns

SUBNETS = Table(
    "network_subnets",
    METADATA,
    *standard_columns(),
    Column("network_id", ForeignKey("network_networks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ip_version", Integer, nullable=False),
    Column("cidr", String(64), nullable=False),
    Column("gateway_ip", String(64)),
    Column("enable_dhcp", Boolean, nullable=False),
    Column("ipv6_ra_mode", String(32)),
    Column("ipv6_address_mode", String(32)),
    Column("subnetpool_id", ForeignKey("network_subnetpools.id"), index=True),
    Column("allocation_pools", Json, nullable=False),
    Column("dns_nameservers", Json, nullable=False),
    Column("host_routes", Json, nullable=False),
    Column("service_types", Json, nullable=False),
)

ADDRESSES = Table(
    "network_addresses",
    METADATA,
    Column("port_id", ForeignKey("network_ports.id", ondelete="CASCADE"), nullable=False),
    Column("subnet_id", ForeignKey("network_subnets.id", ondelete="CASCADE"), nullable=False),
    Column("ip_address", String(64), nullable=False),
    Column("network_id", String(36), nullable=False),
    Column("position", Integer, nullable=False),
    # whoever loses the race for an address is told here
    UniqueConstraint("subnet_id", "ip_address"),
    Index("ix_network_addresses_port", "port_id"),
    Index("ix_network_addresses_network", "network_id", "ip_address"),
)
