"""The table of compute nodes.

The heartbeat of a host owns every column.  What is used of a node is never stored: it is counted from live servers.
"""

from sqlalchemy import Column, Float, Integer, String, Table, Text, UniqueConstraint

from pileus.kernel.store import METADATA, Json, UtcDateTime

NODES = Table(
    "compute_nodes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True, doc="what requests before 2.53 name it by"),
    Column("uuid", String(36), nullable=False, unique=True, doc="also of its resource provider"),
    Column("host", String(255), nullable=False, index=True, doc="the host of its nova-compute service"),
    Column("hypervisor_hostname", String(255), nullable=False),
    Column("hypervisor_type", String(64), nullable=False, doc="QEMU, LXC, fake …"),
    Column("hypervisor_version", Integer, nullable=False, doc="7002004 for 7.2.4"),
    Column("host_ip", String(39), nullable=False, doc="where other hosts reach it"),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", Integer, nullable=False, doc="MiB"),
    Column("local_gb", Integer, nullable=False, doc="GiB"),
    Column("disk_available_least", Integer, nullable=True, doc="GiB that are free on disk now"),
    Column("reserved_memory_mb", Integer, nullable=False, server_default="0", doc="MiB kept for the host"),
    Column("cpu_allocation_ratio", Float, nullable=False, server_default="4"),
    Column("ram_allocation_ratio", Float, nullable=False, server_default="1"),
    Column("disk_allocation_ratio", Float, nullable=False, server_default="1"),
    Column("cpu_info", Json, nullable=False, doc="arch, model, vendor, features, topology {cores, sockets, threads}"),
    Column("uptime", Text, nullable=True, doc="as uptime(1) writes it; null where the host does not tell"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=True),
    UniqueConstraint("host", "hypervisor_hostname"),
    sqlite_autoincrement=True,
)
"""One row for each hypervisor."""
