"""Which endpoints a project's catalog is cut down to: single ones, and groups that filters describe."""

from sqlalchemy import Column, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json

ENDPOINT_GROUPS = Table(
    "identity_endpoint_groups",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=True),
    # what an endpoint of the group has: any of service_id, region_id, interface
    Column("filters", Json, nullable=False),
)

PROJECT_ENDPOINTS = Table(
    "identity_project_endpoints",
    METADATA,
    Column("project_id", String(64), primary_key=True),
    Column("endpoint_id", String(64), primary_key=True),
    Index("ix_identity_project_endpoints_endpoint_id", "endpoint_id"),
)

PROJECT_ENDPOINT_GROUPS = Table(
    "identity_project_endpoint_groups",
    METADATA,
    Column("project_id", String(64), primary_key=True),
    Column("endpoint_group_id", String(64), primary_key=True),
    Index("ix_identity_project_endpoint_groups_endpoint_group_id", "endpoint_group_id"),
)
