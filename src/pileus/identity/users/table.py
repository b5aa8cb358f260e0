"""Users, their passwords, and the passwords that they had."""

from sqlalchemy import Boolean, Column, Integer, String, Table, UniqueConstraint, false

from pileus.kernel.store import METADATA, Json, UtcDateTime

USERS = Table(
    "identity_users",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("domain_id", String(64), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("default_project_id", String(64), nullable=True),
    Column("options", Json, nullable=False),
    Column("extra", Json, nullable=False),
    # null: the user has no password and cannot log in with one
    Column("password_hash", String(255), nullable=True),
    Column("password_expires_at", UtcDateTime, nullable=True),
    Column("password_set_at", UtcDateTime, nullable=True),
    # whether the user chose the password themselves
    Column("password_own", Boolean, nullable=False, server_default=false()),
    # tokens issued before are no longer good: the last change of password or of being enabled
    Column("tokens_since", UtcDateTime, nullable=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("failed_at", UtcDateTime, nullable=True),
    Column("created_at", UtcDateTime, nullable=True),
    # the last day with a login, kept where accounts out of use are turned off
    Column("active_at", UtcDateTime, nullable=True),
    UniqueConstraint("domain_id", "name"),
)

OLD_PASSWORDS = Table(
    "identity_old_passwords",
    METADATA,
    Column("user_id", String(64), primary_key=True),
    Column("ended_at", UtcDateTime, primary_key=True),
    Column("password_hash", String(255), nullable=False),
)
