"""The columns that every network resource has."""

from typing import Any

from sqlalchemy import Column, Integer, String, Text

from pileus.kernel.store import UtcDateTime


def standard_columns() -> list[Column[Any]]:
    """Fresh columns: identity, owner, words, tags, times and revision."""
    return [
        Column("id", String(36), primary_key=True),
        Column("project_id", String(255), nullable=False, index=True),
        Column("name", String(255), nullable=False, default=""),
        Column("description", String(255), nullable=False, default=""),
        # tags stand in the row, each between line feeds, so that filters are LIKE and lists need no further query
        Column("tags", Text, nullable=False, default=""),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("revision_number", Integer, nullable=False, default=0),
    ]
