"""The table of tasks."""

from sqlalchemy import Column, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

TASKS = Table(
    "image_tasks",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("type", String(30), nullable=False),
    Column("status", String(12), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("image_id", String(36), doc="Of no foreign key: a task outlives its image."),
    Column("input", Json, nullable=False),
    Column("result", Json),
    Column("message", Text, nullable=False),
    Column("expires_at", UtcDateTime, doc="Set when it ends."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "image_id"),
    Index(None, "owner", "created_at"),
    Index(None, "created_at"),
    Index(None, "expires_at"),
)
"""One row a task."""
