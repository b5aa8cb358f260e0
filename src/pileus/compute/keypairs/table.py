"""The table of keypairs.  `keypairs/logic.py` owns it; private keys are never stored."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, UtcDateTime

KEYPAIRS = Table(
    "compute_keypairs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("type", String(8), nullable=False, doc="ssh or x509"),
    Column("fingerprint", String(255), nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("user_id", "name"),
    sqlite_autoincrement=True,
)
"""One row for each keypair; names are unique for each user."""
