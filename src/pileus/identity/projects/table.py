"""Projects, and domains, which are projects that stand for themselves."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, Json, UtcDateTime

PROJECTS = Table(
    "identity_projects",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    # the domain that a project lies in; empty for a domain itself, so that domains' names are unique among themselves
    Column("domain_id", String(64), nullable=False),
    # a domain's id for a project at the top, null for a domain
    Column("parent_id", String(64), nullable=True),
    Column("is_domain", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("description", Text, nullable=True),
    Column("options", Json, nullable=False),
    Column("extra", Json, nullable=False),
    # tokens issued before are no longer good: the last time that it was disabled
    Column("tokens_since", UtcDateTime, nullable=True),
    UniqueConstraint("domain_id", "name"),
    Index("ix_identity_projects_parent_id", "parent_id"),
)

TAGS = Table(
    "identity_project_tags",
    METADATA,
    Column("project_id", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
)
