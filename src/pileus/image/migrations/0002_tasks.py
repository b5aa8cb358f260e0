"""image: tasks."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "image_0002"
down_revision = "image_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _tasks()


def _tasks() -> None:
    op.create_table(
        "image_tasks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.String(length=36), nullable=True),
        sa.Column("input", types.Json(), nullable=False),
        sa.Column("result", types.Json(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_tasks")),
    )
    op.create_index(op.f("ix_image_tasks_created_at"), "image_tasks", ["created_at"], unique=False)
    op.create_index(op.f("ix_image_tasks_expires_at"), "image_tasks", ["expires_at"], unique=False)
    op.create_index(op.f("ix_image_tasks_image_id"), "image_tasks", ["image_id"], unique=False)
    op.create_index(op.f("ix_image_tasks_owner_created_at"), "image_tasks", ["owner", "created_at"], unique=False)
