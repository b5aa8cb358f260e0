"""identity: users of directories."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _directory_entries()


def _directory_entries() -> None:
    op.create_table(
        "identity_directory_entries",
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("domain_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("local_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_identity_directory_entries")),
    )
    op.create_index(
        "ix_identity_directory_entries_domain_id", "identity_directory_entries", ["domain_id"], unique=False
    )
