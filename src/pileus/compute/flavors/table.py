"""The tables of flavors.  `flavors/logic.py` owns them; servers keep a copy of what they were made from."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, Table, Text, false, true

from pileus.kernel.store import METADATA, Json, UtcDateTime

FLAVORS = Table(
    "compute_flavors",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("flavorid", String(255), nullable=False, unique=True, doc="what users name it by"),
    Column("name", String(255), nullable=False, unique=True),
    Column("description", Text, nullable=True),
    Column("memory_mb", Integer, nullable=False, doc="MiB"),
    Column("vcpus", Integer, nullable=False),
    Column("root_gb", Integer, nullable=False, doc="GiB of the root disk; 0 takes the image's size"),
    Column("ephemeral_gb", Integer, nullable=False, doc="GiB of a second disk; 0 for none"),
    Column("swap", Integer, nullable=False, doc="MiB of a swap disk; 0 for none"),
    Column("rxtx_factor", Float, nullable=False, server_default="1", doc="kept for old clients; means nothing"),
    Column("is_public", Boolean, nullable=False, server_default=true(), doc="whether every project may use it"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("extra_specs", Json, nullable=False, doc="texts by key"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=True),
    sqlite_autoincrement=True,
)
"""One row for each flavor."""

ACCESS = Table(
    "compute_flavor_access",
    METADATA,
    Column("flavor_id", Integer, ForeignKey("compute_flavors.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", String(255), primary_key=True),
)
"""The projects that may use a flavor that is not public."""
