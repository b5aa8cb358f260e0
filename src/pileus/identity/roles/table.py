"""Roles and what they imply."""

from sqlalchemy import Column, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, Json

ROLES = Table(
    "identity_roles",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    # empty for a role of the whole cloud
    Column("domain_id", String(64), nullable=False),
    Column("description", Text, nullable=True),
    Column("options", Json, nullable=False),
    Column("extra", Json, nullable=False),
    UniqueConstraint("domain_id", "name"),
)

IMPLICATIONS = Table(
    "identity_implied_roles",
    METADATA,
    Column("prior_id", String(64), primary_key=True),
    Column("implied_id", String(64), primary_key=True),
)
