"""What the backend has not heard of yet."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from pileus.kernel.store import METADATA

DIRTY = Table(
    "network_dirty",
    METADATA,
    # one row for each change; written with the change, deleted once the backend has it
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("object_id", String(36), nullable=False),
)
