"""Application credentials and access rules."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, Json, UtcDateTime

APPLICATION_CREDENTIALS = Table(
    "identity_application_credentials",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("description", Text, nullable=True),
    Column("secret_hash", String(255), nullable=False),
    # role ids
    Column("roles", Json, nullable=False),
    Column("unrestricted", Boolean, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    # ids of access rules; null means that every request is allowed
    Column("access_rules", Json, nullable=True),
    UniqueConstraint("user_id", "name"),
    Index("ix_identity_application_credentials_project_id", "project_id"),
)

ACCESS_RULES = Table(
    "identity_access_rules",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("service", String(64), nullable=False),
    Column("method", String(16), nullable=False),
    Column("path", String(128), nullable=False),
    UniqueConstraint("user_id", "service", "method", "path"),
)
