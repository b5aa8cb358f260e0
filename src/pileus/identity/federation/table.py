"""Identity providers, how their users are mapped to ours, and service providers."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

IDENTITY_PROVIDERS = Table(
    "identity_providers",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("domain_id", String(64), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("description", Text, nullable=True),
    # minutes that memberships of groups outlive the login that they were told at; null for the cloud's default
    Column("authorization_ttl", Integer, nullable=True),
    # tokens issued before are no longer good: the last time that it was disabled
    Column("tokens_since", UtcDateTime, nullable=True),
    Index("ix_identity_providers_domain_id", "domain_id"),
)

REMOTE_IDS = Table(
    "identity_provider_remote_ids",
    METADATA,
    # how the provider calls itself: an entity id, an issuer
    Column("remote_id", String(255), primary_key=True),
    Column("identity_provider_id", String(64), nullable=False),
    Index("ix_identity_provider_remote_ids_identity_provider_id", "identity_provider_id"),
)

MAPPINGS = Table(
    "identity_mappings",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("rules", Json, nullable=False),
    Column("schema_version", String(5), nullable=False),
)

PROTOCOLS = Table(
    "identity_protocols",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("identity_provider_id", String(64), primary_key=True),
    Column("mapping_id", String(64), nullable=False),
    Column("remote_id_attribute", String(64), nullable=True),
)

SERVICE_PROVIDERS = Table(
    "identity_service_providers",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("auth_url", String(256), nullable=False),
    Column("sp_url", String(256), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("description", Text, nullable=True),
    Column("relay_state_prefix", String(256), nullable=False),
)

SHADOWS = Table(
    "identity_federated_users",
    METADATA,
    Column("identity_provider_id", String(64), primary_key=True),
    Column("protocol_id", String(64), primary_key=True),
    # who the user is to the provider
    Column("unique_id", String(255), primary_key=True),
    # who the user is to us
    Column("user_id", String(64), nullable=False),
    Index("ix_identity_federated_users_user_id", "user_id"),
)
