"""Security groups, their rules and the ports in them, in the database."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from pileus.kernel.store import METADATA
from pileus.network.standard.table import standard_columns

GROUPS = Table(
    "network_security_groups",
    METADATA,
    *standard_columns(),
    Column("stateful", Boolean, nullable=False),
)

DEFAULT_GROUPS = Table(
    "network_default_security_groups",
    METADATA,
    Column("project_id", String(255), primary_key=True),
    Column("group_id", ForeignKey("network_security_groups.id", ondelete="CASCADE"), nullable=False),
)

RULES = Table(
    "network_security_group_rules",
    METADATA,
    *[column for column in standard_columns() if column.name not in {"name", "tags"}],
    Column("group_id", ForeignKey("network_security_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("direction", String(8), nullable=False),
    Column("ethertype", String(8), nullable=False),
    Column("protocol", String(40)),
    Column("port_range_min", Integer),
    Column("port_range_max", Integer),
    Column("remote_ip_prefix", String(64)),
    Column("remote_group_id", ForeignKey("network_security_groups.id", ondelete="CASCADE")),
)

PORT_GROUPS = Table(
    "network_port_security_groups",
    METADATA,
    Column("port_id", ForeignKey("network_ports.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("network_security_groups.id"), primary_key=True, index=True),
)
