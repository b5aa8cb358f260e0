"""Groups and who belongs to them."""

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, Json, UtcDateTime

GROUPS = Table(
    "identity_groups",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("domain_id", String(64), nullable=False),
    Column("description", Text, nullable=True),
    Column("extra", Json, nullable=False),
    UniqueConstraint("domain_id", "name"),
)

MEMBERS = Table(
    "identity_members",
    METADATA,
    Column("user_id", String(64), primary_key=True),
    Column("group_id", String(64), primary_key=True),
    Index("ix_identity_members_group_id", "group_id"),
)

EXPIRING_MEMBERS = Table(
    "identity_expiring_members",
    METADATA,
    Column("user_id", String(64), primary_key=True),
    Column("group_id", String(64), primary_key=True),
    # whoever has put the user there
    Column("identity_provider_id", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_identity_expiring_members_group_id", "group_id"),
)
"""Memberships that an identity provider told of, and that end unless it tells so again."""
