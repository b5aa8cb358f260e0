"""The tables of servers.

`states.py` is the only writer of vm_state and task_state, the operations own host and power_state, `logic.py` the rest.
A row lives as long as its server: deleting ends in a hard delete.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

SERVERS = Table(
    "compute_servers",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("number", Integer, nullable=False, index=True, doc="names the domain: instance-0000002a"),
    Column("name", String(255), nullable=False),
    Column("hostname", String(255), nullable=False),
    Column("description", String(255)),
    Column("project_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("launched_at", UtcDateTime),
    Column("terminated_at", UtcDateTime),
    Column("vm_state", String(32), nullable=False),
    Column("task_state", String(32)),
    Column("power_state", Integer, nullable=False, default=0, doc="of host/hypervisor/status.py, as last seen"),
    Column("progress", Integer, nullable=False, default=0, doc="percent"),
    Column("revision", Integer, nullable=False, default=0, doc="grows with every change of state"),
    Column("host", String(255), index=True, doc="null until a host was chosen"),
    Column("node", String(255)),
    Column("zone", String(255), doc="where it runs"),
    Column("pinned_zone", String(255), doc="which its owner asked for"),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("root_gib", Integer, nullable=False),
    Column("flavor_id", String(255), nullable=False),
    Column("flavor", Json, nullable=False, doc="the flavor as it was at the server's birth"),
    Column("image_id", String(36)),
    Column("image", Json, nullable=False, doc="the image's record as it was at the server's birth"),
    Column("key_name", String(255)),
    Column("metadata", Json, nullable=False),
    Column("config_drive", Boolean, nullable=False),
    Column("access_ip_v4", String(39), nullable=False, default=""),
    Column("access_ip_v6", String(39), nullable=False, default=""),
    Column("disk_config", String(8), nullable=False, doc="AUTO or MANUAL"),
    Column("reservation_id", String(64), nullable=False),
    Column("launch_index", Integer, nullable=False, default=0),
    Column("locked_by", String(8), doc="owner or admin"),
    Column("locked_reason", String(255)),
    Column("fault", Json, doc="{code, message, details, created} of the last failure"),
    Column("hints", Json, doc="scheduler hints as they were given"),
    Column("certificates", Json, doc="trusted image certificates"),
    Column("devices", Json, nullable=False, doc="tags of devices by port id"),
    Index(None, "project_id", "created_at"),
)
"""One row a server."""

SERVER_EXTRAS = Table(
    "compute_server_extras",
    METADATA,
    Column("id", String(36), ForeignKey("compute_servers.id", ondelete="CASCADE"), primary_key=True),
    Column("user_data", Text, doc="base64"),
    Column("key", Json, doc="{name, type, public_key}"),
    Column("password", Text, nullable=False, default="", doc="what the guest posted, encrypted by its key"),
)
"""What is large, or rarely asked for, one row a server."""

SERVER_TAGS = Table(
    "compute_server_tags",
    METADATA,
    Column("server_id", String(36), ForeignKey("compute_servers.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(60), primary_key=True),
    Index(None, "tag"),
)
"""One row a tag of a server."""
