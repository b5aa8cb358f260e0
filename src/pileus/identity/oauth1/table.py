"""Consumers, and the tokens that users give them."""

from sqlalchemy import Column, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

CONSUMERS = Table(
    "identity_consumers",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("description", Text, nullable=True),
    # encrypted with the credential keys: signatures need the secret itself
    Column("secret", Text, nullable=False),
    Column("extra", Json, nullable=False),
)

REQUEST_TOKENS = Table(
    "identity_request_tokens",
    METADATA,
    Column("id", String(64), primary_key=True),
    # encrypted with the credential keys
    Column("secret", Text, nullable=False),
    Column("consumer_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=False),
    # null: nobody has authorized it yet
    Column("verifier", String(64), nullable=True),
    Column("user_id", String(64), nullable=True),
    # role ids
    Column("roles", Json, nullable=True),
    Column("expires_at", UtcDateTime, nullable=True),
    Index("ix_identity_request_tokens_consumer_id", "consumer_id"),
    Index("ix_identity_request_tokens_expires_at", "expires_at"),
)

ACCESS_TOKENS = Table(
    "identity_access_tokens",
    METADATA,
    Column("id", String(64), primary_key=True),
    # encrypted with the credential keys
    Column("secret", Text, nullable=False),
    Column("consumer_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    # role ids
    Column("roles", Json, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    Index("ix_identity_access_tokens_user_id", "user_id"),
    Index("ix_identity_access_tokens_consumer_id", "consumer_id"),
)
