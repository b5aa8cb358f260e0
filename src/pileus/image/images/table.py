"""The tables of images."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from pileus.kernel.store import METADATA, Json, UtcDateTime

IMAGES = Table(
    "image_images",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(255)),
    Column("status", String(20), nullable=False),
    Column("task", String(20), doc="What is being done to it: uploading, staging; null for nothing."),
    Column("owner", String(64), nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("disk_format", String(20)),
    Column("container_format", String(20)),
    Column("size", BigInteger, doc="Bytes of its data; null before there is any."),
    Column("virtual_size", BigInteger, doc="Bytes of the disk that it describes."),
    Column("checksum", String(32), doc="MD5 of the data, hexadecimal; for clients of old."),
    Column("os_hash_algo", String(20)),
    Column("os_hash_value", String(128)),
    Column("os_hidden", Boolean, nullable=False, default=False),
    Column("protected", Boolean, nullable=False, default=False),
    Column("min_disk", Integer, nullable=False, default=0),
    Column("min_ram", Integer, nullable=False, default=0),
    Column("tags", Json, nullable=False),
    Column("extra", Json, nullable=False, doc="Free properties, by name."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "owner"),
    Index(None, "created_at"),
)
"""One row an image."""

MEMBERS = Table(
    "image_members",
    METADATA,
    Column("image_id", String(36), ForeignKey("image_images.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", String(64), primary_key=True),
    Column("status", String(20), nullable=False, doc="pending, accepted, rejected"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "member_id"),
)
"""Projects that an image is shared with."""
