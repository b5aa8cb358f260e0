"""The table of revisions."""

from sqlalchemy import Column, Integer, String, Table

from pileus.kernel.store import METADATA

REVISIONS = Table(
    "identity_revisions",
    METADATA,
    Column("topic", String(32), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""How often what a topic stands for has changed."""
