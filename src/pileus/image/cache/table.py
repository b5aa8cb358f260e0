"""The tables of the image cache."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from pileus.kernel.store import METADATA, UtcDateTime


def _image() -> Column[str]:
    return Column("image_id", String(36), ForeignKey("image_images.id", ondelete="CASCADE"), primary_key=True)


CACHED = Table(
    "image_cached",
    METADATA,
    _image(),
    Column("node", String(255), primary_key=True, doc="Whose cache has the data."),
    Column("size", BigInteger, nullable=False),
    Column("hits", Integer, nullable=False, doc="How often they were read from there."),
    Column("last_accessed", UtcDateTime, nullable=False),
    Column("last_modified", UtcDateTime, nullable=False),
    Index(None, "node", "last_accessed"),
)
"""What is in a cache."""

QUEUED = Table(
    "image_cache_queue",
    METADATA,
    _image(),
    Column("node", String(255), primary_key=True, doc="Whose cache is to have the data."),
    Column("queued_at", UtcDateTime, nullable=False),
)
"""What is to be fetched into a cache."""
