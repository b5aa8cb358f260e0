"""image: metadefs."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "image_0004"
down_revision = "image_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _metadef_namespaces()
    _metadef_resource_types()
    _metadef_associations()
    _metadef_objects()
    _metadef_properties()
    _metadef_tags()


def _metadef_namespaces() -> None:
    op.create_table(
        "image_metadef_namespaces",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("namespace", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_metadef_namespaces")),
        sa.UniqueConstraint("namespace", name=op.f("uq_image_metadef_namespaces_namespace")),
    )
    op.create_index(
        op.f("ix_image_metadef_namespaces_created_at"), "image_metadef_namespaces", ["created_at"], unique=False
    )
    op.create_index(op.f("ix_image_metadef_namespaces_owner"), "image_metadef_namespaces", ["owner"], unique=False)


def _metadef_resource_types() -> None:
    op.create_table(
        "image_metadef_resource_types",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_image_metadef_resource_types")),
    )


def _metadef_associations() -> None:
    op.create_table(
        "image_metadef_associations",
        sa.Column("namespace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("prefix", sa.String(length=80), nullable=True),
        sa.Column("properties_target", sa.String(length=80), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["image_metadef_resource_types.name"], name=op.f("fk_image_metadef_associations_name")
        ),
        sa.ForeignKeyConstraint(
            ["namespace_id"],
            ["image_metadef_namespaces.id"],
            name=op.f("fk_image_metadef_associations_namespace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("namespace_id", "name", name=op.f("pk_image_metadef_associations")),
    )
    op.create_index(op.f("ix_image_metadef_associations_name"), "image_metadef_associations", ["name"], unique=False)


def _metadef_objects() -> None:
    op.create_table(
        "image_metadef_objects",
        sa.Column("namespace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("required", types.Json(), nullable=False),
        sa.Column("properties", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"],
            ["image_metadef_namespaces.id"],
            name=op.f("fk_image_metadef_objects_namespace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("namespace_id", "name", name=op.f("pk_image_metadef_objects")),
    )


def _metadef_properties() -> None:
    op.create_table(
        "image_metadef_properties",
        sa.Column("namespace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("schema", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"],
            ["image_metadef_namespaces.id"],
            name=op.f("fk_image_metadef_properties_namespace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("namespace_id", "name", name=op.f("pk_image_metadef_properties")),
    )


def _metadef_tags() -> None:
    op.create_table(
        "image_metadef_tags",
        sa.Column("namespace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"],
            ["image_metadef_namespaces.id"],
            name=op.f("fk_image_metadef_tags_namespace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("namespace_id", "name", name=op.f("pk_image_metadef_tags")),
    )
