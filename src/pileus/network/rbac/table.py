"""RBAC policies, in the database: the only place that says with whom a network is shared."""

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from pileus.kernel.store import METADATA

RBAC = Table(
    "network_rbac_policies",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("project_id", String(255), nullable=False, index=True),
    Column("object_type", String(64), nullable=False),
    Column("object_id", ForeignKey("network_networks.id", ondelete="CASCADE"), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target_project", String(255), nullable=False),
    UniqueConstraint("object_id", "action", "target_project"),
)
