"""network: initial."""

import sqlalchemy as sa
from alembic import op

revision = "network_0002"
down_revision = "network_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _addresses()


def _addresses() -> None:
    op.create_table(
        "network_addresses",
        sa.Column("port_id", sa.String(length=36), nullable=False),
        sa.Column("subnet_id", sa.String(length=36), nullable=False),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.Column("network_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["network_ports.id"], name=op.f("fk_network_addresses_port_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subnet_id"], ["network_subnets.id"], name=op.f("fk_network_addresses_subnet_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("subnet_id", "ip_address", name=op.f("uq_network_addresses_subnet_id_ip_address")),
    )
    op.create_index("ix_network_addresses_network", "network_addresses", ["network_id", "ip_address"], unique=False)
    op.create_index("ix_network_addresses_port", "network_addresses", ["port_id"], unique=False)
