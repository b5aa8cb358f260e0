"""placement: initial."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "placement_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _consumers()
    _providers()
    _resource_classes()
    _traits()
    _allocations()
    _inventories()
    _provider_aggregates()
    _provider_traits()


def _consumers() -> None:
    op.create_table(
        "placement_consumers",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_placement_consumers")),
    )
    op.create_index(
        op.f("ix_placement_consumers_project_id_user_id"),
        "placement_consumers",
        ["project_id", "user_id"],
        unique=False,
    )


def _providers() -> None:
    op.create_table(
        "placement_providers",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=36), nullable=False),
        sa.Column("parent", sa.String(length=36), nullable=True),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["placement_providers.uuid"], name=op.f("fk_placement_providers_parent")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_placement_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_placement_providers_name")),
    )
    op.create_index(op.f("ix_placement_providers_parent"), "placement_providers", ["parent"], unique=False)
    op.create_index(op.f("ix_placement_providers_root"), "placement_providers", ["root"], unique=False)
    op.create_index(op.f("ix_placement_providers_stamp"), "placement_providers", ["stamp"], unique=False)
    op.create_index(op.f("ix_placement_providers_updated_at"), "placement_providers", ["updated_at"], unique=False)


def _resource_classes() -> None:
    op.create_table(
        "placement_resource_classes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_placement_resource_classes")),
    )


def _traits() -> None:
    op.create_table(
        "placement_traits",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_placement_traits")),
    )


def _allocations() -> None:
    op.create_table(
        "placement_allocations",
        sa.Column("consumer", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=36), nullable=False),
        sa.Column("resource_class", sa.String(length=255), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer"],
            ["placement_consumers.uuid"],
            name=op.f("fk_placement_allocations_consumer"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["provider"], ["placement_providers.uuid"], name=op.f("fk_placement_allocations_provider")
        ),
        sa.PrimaryKeyConstraint("consumer", "provider", "resource_class", name=op.f("pk_placement_allocations")),
    )
    op.create_index(
        op.f("ix_placement_allocations_provider_resource_class"),
        "placement_allocations",
        ["provider", "resource_class"],
        unique=False,
    )


def _inventories() -> None:
    op.create_table(
        "placement_inventories",
        sa.Column("provider", sa.String(length=36), nullable=False),
        sa.Column("resource_class", sa.String(length=255), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("min_unit", sa.Integer(), nullable=False),
        sa.Column("max_unit", sa.Integer(), nullable=False),
        sa.Column("step_size", sa.Integer(), nullable=False),
        sa.Column("allocation_ratio", sa.Float(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider"],
            ["placement_providers.uuid"],
            name=op.f("fk_placement_inventories_provider"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "resource_class", name=op.f("pk_placement_inventories")),
    )
    op.create_index(
        op.f("ix_placement_inventories_resource_class"), "placement_inventories", ["resource_class"], unique=False
    )


def _provider_aggregates() -> None:
    op.create_table(
        "placement_provider_aggregates",
        sa.Column("provider", sa.String(length=36), nullable=False),
        sa.Column("aggregate", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider"],
            ["placement_providers.uuid"],
            name=op.f("fk_placement_provider_aggregates_provider"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "aggregate", name=op.f("pk_placement_provider_aggregates")),
    )
    op.create_index(
        op.f("ix_placement_provider_aggregates_aggregate"), "placement_provider_aggregates", ["aggregate"], unique=False
    )


def _provider_traits() -> None:
    op.create_table(
        "placement_provider_traits",
        sa.Column("provider", sa.String(length=36), nullable=False),
        sa.Column("trait", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider"],
            ["placement_providers.uuid"],
            name=op.f("fk_placement_provider_traits_provider"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "trait", name=op.f("pk_placement_provider_traits")),
    )
    op.create_index(op.f("ix_placement_provider_traits_trait"), "placement_provider_traits", ["trait"], unique=False)
