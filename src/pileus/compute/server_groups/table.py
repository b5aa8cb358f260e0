"""The tables of server groups.  `server_groups/logic.py` owns them."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

GROUPS = Table(
    "compute_server_groups",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True, doc="lists are in this order"),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("policy", String(32), nullable=False),
    Column("max_server_per_host", Integer, nullable=True, doc="only with anti-affinity; null means 1"),
    Column("project_id", String(255), nullable=False, index=True),
    Column("user_id", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""One row for each group."""

MEMBERS = Table(
    "compute_server_group_members",
    METADATA,
    Column("server_id", String(36), ForeignKey("compute_servers.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "group_id", String(36), ForeignKey("compute_server_groups.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("number", Integer, nullable=False, doc="members are shown in this order"),
)
"""The group of each server that is in one; servers leave it only by being deleted."""
