"""Which policy document belongs to which endpoints."""

from sqlalchemy import Column, Index, String, Table

from pileus.kernel.store import METADATA

POLICY_ASSOCIATIONS = Table(
    "identity_policy_associations",
    METADATA,
    # an endpoint by itself (the others empty), a service, or a service in a region; at most one policy each
    Column("endpoint_id", String(64), primary_key=True),
    Column("service_id", String(64), primary_key=True),
    Column("region_id", String(255), primary_key=True),
    Column("policy_id", String(64), nullable=False),
    Index("ix_identity_policy_associations_policy_id", "policy_id"),
)
