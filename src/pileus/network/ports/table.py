"""Ports, in the database.  Their addresses stand beside the subnets, their groups beside the security groups."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from pileus.kernel.store import METADATA, Json
from pileus.network.standard.table import standard_columns

PORTS = Table(
    "network_ports",
    METADATA,
    *standard_columns(),
    Column("network_id", ForeignKey("network_networks.id"), nullable=False),
    Column("mac_address", String(17), nullable=False),
    Column("admin_state_up", Boolean, nullable=False),
    Column("device_id", String(255), nullable=False, index=True),
    Column("device_owner", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("port_security_enabled", Boolean, nullable=False),
    Column("binding_host", String(255), nullable=False),
    Column("binding_vnic_type", String(64), nullable=False),
    Column("binding_profile", Json, nullable=False),
    Column("allowed_address_pairs", Json, nullable=False),
    Column("extra_dhcp_opts", Json, nullable=False),
    Column("dns_name", String(255), nullable=False),
    # whether compute made it for a server, and it goes with that
    Column("made_for_device", Boolean, nullable=False, default=False),
    # its place among the nics of its server, and the tag that the server gave it
    Column("nic_position", Integer, nullable=False, default=0),
    Column("nic_tag", String(60), nullable=False, default=""),
    UniqueConstraint("network_id", "mac_address"),
    Index("ix_network_ports_network", "network_id", "device_owner"),
)
