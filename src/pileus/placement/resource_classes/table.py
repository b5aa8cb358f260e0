"""The table of custom resource classes; the standard ones are the library's."""

from sqlalchemy import Column, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

RESOURCE_CLASSES = Table(
    "placement_resource_classes",
    METADATA,
    Column("name", String(255), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
"""One row a custom class."""
