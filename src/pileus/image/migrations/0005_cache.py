"""image: cache."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "image_0005"
down_revision = "image_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _cache_queue()
    _cached()


def _cache_queue() -> None:
    op.create_table(
        "image_cache_queue",
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("node", sa.String(length=255), nullable=False),
        sa.Column("queued_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_images.id"], name=op.f("fk_image_cache_queue_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "node", name=op.f("pk_image_cache_queue")),
    )


def _cached() -> None:
    op.create_table(
        "image_cached",
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("node", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("last_accessed", types.UtcDateTime(), nullable=False),
        sa.Column("last_modified", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_images.id"], name=op.f("fk_image_cached_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "node", name=op.f("pk_image_cached")),
    )
    op.create_index(op.f("ix_image_cached_node_last_accessed"), "image_cached", ["node", "last_accessed"], unique=False)
