"""image: places."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "image_0003"
down_revision = "image_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _locations()
    _staged()
    _fill()
    _images()


def _locations() -> None:
    op.create_table(
        "image_locations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metadata", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_images.id"], name=op.f("fk_image_locations_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_locations")),
    )
    op.create_index(op.f("ix_image_locations_image_id"), "image_locations", ["image_id"], unique=False)
    op.create_index(op.f("ix_image_locations_store_name"), "image_locations", ["store", "name"], unique=False)


def _staged() -> None:
    op.create_table(
        "image_staged",
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("algorithm", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image_images.id"], name=op.f("fk_image_staged_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_image_staged")),
    )


def _fill() -> None:
    """Data lay in one store, under the name in the image's row."""
    images = sa.table("image_images", sa.column("id"), sa.column("blob"), sa.column("updated_at"))
    columns = ("id", "image_id", "position", "store", "name", "metadata", "created_at")
    places = sa.table("image_locations", *(sa.column(name) for name in columns))
    one, file, none = sa.literal(1), sa.literal("file"), sa.literal({}, types.Json())
    kept = sa.select(images.c.id, images.c.id, one, file, images.c.blob, none, images.c.updated_at)
    op.execute(places.insert().from_select(columns, kept.where(images.c.blob.is_not(None))))


def _images() -> None:
    with op.batch_alter_table("image_images", schema=None) as batch_op:
        batch_op.drop_column("blob")
