"""Policy documents that services used to fetch; kept for whoever still does."""

from sqlalchemy import Column, String, Table, Text

from pileus.kernel.store import METADATA, Json

POLICIES = Table(
    "identity_policies",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("type", String(255), nullable=False),
    Column("blob", Text, nullable=False),
    Column("extra", Json, nullable=False),
)
