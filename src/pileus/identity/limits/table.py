"""Limits: the cloud's defaults, and what single projects or domains have instead."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from pileus.kernel.store import METADATA

REGISTERED_LIMITS = Table(
    "identity_registered_limits",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("service_id", String(64), nullable=False),
    Column("region_id", String(255), nullable=True),
    Column("resource_name", String(255), nullable=False),
    Column("default_limit", Integer, nullable=False),
    Column("description", Text, nullable=True),
    Index("ix_identity_registered_limits_service_id", "service_id"),
)

LIMITS = Table(
    "identity_limits",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("registered_limit_id", String(64), nullable=False),
    Column("service_id", String(64), nullable=False),
    Column("region_id", String(255), nullable=True),
    Column("resource_name", String(255), nullable=False),
    # exactly one of the two
    Column("project_id", String(64), nullable=True),
    Column("domain_id", String(64), nullable=True),
    Column("resource_limit", Integer, nullable=False),
    Column("description", Text, nullable=True),
    Index("ix_identity_limits_project_id", "project_id"),
    Index("ix_identity_limits_domain_id", "domain_id"),
)
