"""Limits that differ from the defaults, in the database."""

from sqlalchemy import Column, Integer, String, Table

from pileus.kernel.store import METADATA

QUOTAS = Table(
    "network_quotas",
    METADATA,
    Column("project_id", String(255), primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("most", Integer, nullable=False),
)
