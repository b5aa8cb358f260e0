"""Who holds which role where."""

from sqlalchemy import Boolean, Column, Index, String, Table

from pileus.kernel.store import METADATA

ASSIGNMENTS = Table(
    "identity_assignments",
    METADATA,
    # "user" or "group"
    Column("actor", String(8), primary_key=True),
    Column("actor_id", String(64), primary_key=True),
    # "project", "domain" or "system"
    Column("target", String(8), primary_key=True),
    # "all" for the system
    Column("target_id", String(64), primary_key=True),
    Column("role_id", String(64), primary_key=True),
    # whether it holds for the projects below the target instead of the target itself
    Column("inherited", Boolean, primary_key=True),
    Index("ix_identity_assignments_target_id", "target_id"),
    Index("ix_identity_assignments_role_id", "role_id"),
)
