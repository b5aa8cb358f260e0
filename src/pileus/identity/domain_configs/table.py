"""What single domains are configured to."""

from sqlalchemy import Boolean, Column, String, Table, Text

from pileus.kernel.store import METADATA

DOMAIN_CONFIGS = Table(
    "identity_domain_configs",
    METADATA,
    Column("domain_id", String(64), primary_key=True),
    Column("group_name", String(64), primary_key=True),
    Column("option_name", String(64), primary_key=True),
    # as JSON; encrypted with the credential keys where it is a secret
    Column("value", Text, nullable=False),
    Column("secret", Boolean, nullable=False),
)
