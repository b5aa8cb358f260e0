"""identity: endpoint filters and policies."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _endpoint_groups()
    _policy_associations()
    _project_endpoint_groups()
    _project_endpoints()


def _endpoint_groups() -> None:
    op.create_table(
        "identity_endpoint_groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("filters", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_endpoint_groups")),
    )


def _policy_associations() -> None:
    op.create_table(
        "identity_policy_associations",
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("region_id", sa.String(length=255), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "service_id", "region_id", name=op.f("pk_identity_policy_associations")),
    )
    op.create_index(
        "ix_identity_policy_associations_policy_id", "identity_policy_associations", ["policy_id"], unique=False
    )


def _project_endpoint_groups() -> None:
    op.create_table(
        "identity_project_endpoint_groups",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("endpoint_group_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "endpoint_group_id", name=op.f("pk_identity_project_endpoint_groups")),
    )
    op.create_index(
        "ix_identity_project_endpoint_groups_endpoint_group_id",
        "identity_project_endpoint_groups",
        ["endpoint_group_id"],
        unique=False,
    )


def _project_endpoints() -> None:
    op.create_table(
        "identity_project_endpoints",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "endpoint_id", name=op.f("pk_identity_project_endpoints")),
    )
    op.create_index(
        "ix_identity_project_endpoints_endpoint_id", "identity_project_endpoints", ["endpoint_id"], unique=False
    )
