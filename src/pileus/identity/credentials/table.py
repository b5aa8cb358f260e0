"""Credentials of other kinds than passwords: EC2 keys, TOTP seeds, certificates."""

from sqlalchemy import Column, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json

CREDENTIALS = Table(
    "identity_credentials",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=True),
    Column("type", String(255), nullable=False),
    # encrypted with the credential keys
    Column("blob", Text, nullable=False),
    Column("extra", Json, nullable=False),
    Index("ix_identity_credentials_user_id", "user_id"),
)
