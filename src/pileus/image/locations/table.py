"""The tables of places: where images' data lie, and what waits to be imported."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

LOCATIONS = Table(
    "image_locations",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("image_id", String(36), ForeignKey("image_images.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, doc="Grows with each that is added; the order of equal weights."),
    Column("store", String(64), nullable=False),
    Column("name", Text, nullable=False, doc="The data's name in the store: their digest, or an address."),
    Column("metadata", Json, nullable=False, doc="What users say of it, beside the store's name."),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "image_id"),
    Index(None, "store", "name"),
)
"""One row each place where an image's data lie.  Data are kept as long as a row names them."""

STAGED = Table(
    "image_staged",
    METADATA,
    Column("image_id", String(36), ForeignKey("image_images.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), nullable=False, doc="The file in the staging area."),
    Column("size", BigInteger, nullable=False),
    Column("md5", String(32), nullable=False),
    Column("algorithm", String(20), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("node", String(128), nullable=False, doc="Whose staging area."),
)
"""What was staged and waits for its import."""
