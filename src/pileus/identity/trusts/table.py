"""Trusts."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from pileus.kernel.store import METADATA, Json, UtcDateTime

TRUSTS = Table(
    "identity_trusts",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("trustor_user_id", String(64), nullable=False),
    Column("trustee_user_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=True),
    Column("impersonation", Boolean, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    # null: any number
    Column("remaining_uses", Integer, nullable=True),
    Column("redelegated_trust_id", String(64), nullable=True),
    # how often it may be handed on
    Column("redelegation_count", Integer, nullable=False),
    # role ids
    Column("roles", Json, nullable=False),
    # the moment of deletion; deleted trusts are still told from unknown ones
    Column("deleted_at", UtcDateTime, nullable=True),
    Column("extra", Json, nullable=False),
    Index("ix_identity_trusts_trustor_user_id", "trustor_user_id"),
    Index("ix_identity_trusts_trustee_user_id", "trustee_user_id"),
)
