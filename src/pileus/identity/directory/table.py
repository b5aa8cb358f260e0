"""Which users and groups come from a directory, and what they are called there."""

from sqlalchemy import Column, Index, String, Table, Text

from pileus.kernel.store import METADATA

DIRECTORY_ENTRIES = Table(
    "identity_directory_entries",
    METADATA,
    # a hash of the rest, so that it is the same wherever and whenever it is made
    Column("public_id", String(64), primary_key=True),
    Column("domain_id", String(64), nullable=False),
    # "user" or "group"
    Column("kind", String(8), nullable=False),
    Column("local_id", Text, nullable=False),
    Index("ix_identity_directory_entries_domain_id", "domain_id"),
)
