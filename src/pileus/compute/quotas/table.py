"""The tables of quotas.  `quotas/logic.py` owns them; what has no row has the default."""

from sqlalchemy import Column, Integer, String, Table

from pileus.kernel.store import METADATA

QUOTAS = Table(
    "compute_quotas",
    METADATA,
    Column("project_id", String(255), primary_key=True),
    Column("user_id", String(255), primary_key=True, doc="empty for the whole project's quota"),
    Column("resource", String(64), primary_key=True),
    Column("most", Integer, nullable=False, doc="-1 for no limit"),
)
"""What a project, or one user in it, may have of a resource."""

CLASSES = Table(
    "compute_quota_classes",
    METADATA,
    Column("name", String(255), primary_key=True, doc="only the class `default` has an effect"),
    Column("resource", String(64), primary_key=True),
    Column("most", Integer, nullable=False, doc="-1 for no limit"),
)
"""What a project without a quota of its own may have."""
