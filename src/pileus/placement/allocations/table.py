"""The tables of consumers and their allocations."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

CONSUMERS = Table(
    "placement_consumers",
    METADATA,
    Column("uuid", String(36), primary_key=True),
    Column("project_id", String(255), nullable=False),
    Column("user_id", String(255), nullable=False),
    Column("type", String(255), doc="The consumer type; null for one that never named any."),
    Column("generation", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "project_id", "user_id"),
)
"""Whoever has claimed something; gone with its last allocation."""

ALLOCATIONS = Table(
    "placement_allocations",
    METADATA,
    Column("consumer", String(36), ForeignKey("placement_consumers.uuid", ondelete="CASCADE"), primary_key=True),
    Column("provider", String(36), ForeignKey("placement_providers.uuid"), primary_key=True),
    Column("resource_class", String(255), primary_key=True),
    Column("used", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "provider", "resource_class"),
)
"""How much of a class a consumer has of a provider."""
