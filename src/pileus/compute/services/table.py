"""The table of services.

`services/logic.py` owns what operators decide (disabled, forced down); the heartbeat of a host owns `last_seen_at` and
`version`, and makes the row when it is first heard.
"""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint, false

from pileus.kernel.store import METADATA, UtcDateTime

SERVICES = Table(
    "compute_services",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True, doc="what requests before 2.53 name it by"),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("binary", String(255), nullable=False, doc="nova-compute, nova-scheduler or nova-conductor"),
    Column("topic", String(255), nullable=False, doc="compute, scheduler or conductor"),
    Column("disabled", Boolean, nullable=False, server_default=false(), doc="whether no new server may land here"),
    Column("disabled_reason", Text, nullable=True),
    Column("forced_down", Boolean, nullable=False, server_default=false(), doc="whether it is down by decree"),
    Column("version", Integer, nullable=False, server_default="0", doc="of the agent, rising"),
    Column("last_seen_at", UtcDateTime, nullable=True, doc="its last heartbeat; null for one that was never heard"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=True, doc="the last change by an operator"),
    UniqueConstraint("host", "binary"),
    sqlite_autoincrement=True,
)
"""One row for each service on each host.  Its availability zone follows from the aggregates that the host is in."""
