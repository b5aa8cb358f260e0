"""identity: rules for passwords and domain configurations."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _domain_configs()
    _old_passwords()
    _users()


def _domain_configs() -> None:
    op.create_table(
        "identity_domain_configs",
        sa.Column("domain_id", sa.String(length=64), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.Column("option_name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("domain_id", "group_name", "option_name", name=op.f("pk_identity_domain_configs")),
    )


def _old_passwords() -> None:
    op.create_table(
        "identity_old_passwords",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "ended_at", name=op.f("pk_identity_old_passwords")),
    )


def _users() -> None:
    with op.batch_alter_table("identity_users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("password_set_at", types.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("password_own", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("created_at", types.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("active_at", types.UtcDateTime(), nullable=True))
