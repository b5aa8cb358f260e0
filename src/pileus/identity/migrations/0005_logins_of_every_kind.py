"""identity: logins of every kind."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each table by itself, one after those that it points at."""
    _access_tokens()
    _consumers()
    _expiring_members()
    _federated_users()
    _mappings()
    _protocols()
    _provider_remote_ids()
    _providers()
    _request_tokens()
    _service_providers()
    _used_once()
    _revoked_tokens()


def _access_tokens() -> None:
    op.create_table(
        "identity_access_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("consumer_id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("roles", types.Json(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_access_tokens")),
    )
    op.create_index("ix_identity_access_tokens_consumer_id", "identity_access_tokens", ["consumer_id"], unique=False)
    op.create_index("ix_identity_access_tokens_user_id", "identity_access_tokens", ["user_id"], unique=False)


def _consumers() -> None:
    op.create_table(
        "identity_consumers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("extra", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_consumers")),
    )


def _expiring_members() -> None:
    op.create_table(
        "identity_expiring_members",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("identity_provider_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "user_id", "group_id", "identity_provider_id", name=op.f("pk_identity_expiring_members")
        ),
    )
    op.create_index("ix_identity_expiring_members_group_id", "identity_expiring_members", ["group_id"], unique=False)


def _federated_users() -> None:
    op.create_table(
        "identity_federated_users",
        sa.Column("identity_provider_id", sa.String(length=64), nullable=False),
        sa.Column("protocol_id", sa.String(length=64), nullable=False),
        sa.Column("unique_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint(
            "identity_provider_id", "protocol_id", "unique_id", name=op.f("pk_identity_federated_users")
        ),
    )
    op.create_index("ix_identity_federated_users_user_id", "identity_federated_users", ["user_id"], unique=False)


def _mappings() -> None:
    op.create_table(
        "identity_mappings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("rules", types.Json(), nullable=False),
        sa.Column("schema_version", sa.String(length=5), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_mappings")),
    )


def _protocols() -> None:
    op.create_table(
        "identity_protocols",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("identity_provider_id", sa.String(length=64), nullable=False),
        sa.Column("mapping_id", sa.String(length=64), nullable=False),
        sa.Column("remote_id_attribute", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", "identity_provider_id", name=op.f("pk_identity_protocols")),
    )


def _provider_remote_ids() -> None:
    op.create_table(
        "identity_provider_remote_ids",
        sa.Column("remote_id", sa.String(length=255), nullable=False),
        sa.Column("identity_provider_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("remote_id", name=op.f("pk_identity_provider_remote_ids")),
    )
    op.create_index(
        "ix_identity_provider_remote_ids_identity_provider_id",
        "identity_provider_remote_ids",
        ["identity_provider_id"],
        unique=False,
    )


def _providers() -> None:
    op.create_table(
        "identity_providers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("domain_id", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("authorization_ttl", sa.Integer(), nullable=True),
        sa.Column("tokens_since", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_providers")),
    )
    op.create_index("ix_identity_providers_domain_id", "identity_providers", ["domain_id"], unique=False)


def _request_tokens() -> None:
    op.create_table(
        "identity_request_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("consumer_id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("roles", types.Json(), nullable=True),
        sa.Column("expires_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_request_tokens")),
    )
    op.create_index("ix_identity_request_tokens_consumer_id", "identity_request_tokens", ["consumer_id"], unique=False)
    op.create_index("ix_identity_request_tokens_expires_at", "identity_request_tokens", ["expires_at"], unique=False)


def _service_providers() -> None:
    op.create_table(
        "identity_service_providers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("auth_url", sa.String(length=256), nullable=False),
        sa.Column("sp_url", sa.String(length=256), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("relay_state_prefix", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_service_providers")),
    )


def _used_once() -> None:
    op.create_table(
        "identity_used_once",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_identity_used_once")),
    )
    op.create_index("ix_identity_used_once_expires_at", "identity_used_once", ["expires_at"], unique=False)


def _revoked_tokens() -> None:
    with op.batch_alter_table("identity_revoked_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revoked_at", types.UtcDateTime(), nullable=True))
