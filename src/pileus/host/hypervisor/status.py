"""What a hypervisor reports: the machine, its domains, what happens to them."""

import enum

from msgspec import Struct


class PowerState(enum.IntEnum):
    """State of a domain. The numbers are those of `OS-EXT-STS:power_state` in the compute API."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6
    SUSPENDED = 7


class DomainStatus(Struct, frozen=True):
    """One domain as it is now."""

    id: str
    state: PowerState
    reason: str = ""
    """Why, in one word of the driver (`booted`, `destroyed`, `crashed`, `ioerror` …)."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a machine has to give, before anything is subtracted for the machine itself or for its servers."""

    hostname: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    arch: str
    """As the API names it, such as `x86_64`."""
    accel: str
    """`kvm` or `tcg`."""
    hypervisor_type: str
    hypervisor_version: int
    """major * 1,000,000 + minor * 1,000 + release."""
    cpu_model: str = ""
    cpu_vendor: str = ""
    cpu_features: tuple[str, ...] = ()
    cpu_sockets: int = 1
    cpu_cores: int = 1
    cpu_threads: int = 1


class EventKind(enum.Enum):
    """What happened to a domain."""

    STARTED = "started"
    STOPPED = "stopped"
    CRASHED = "crashed"
    PAUSED = "paused"
    RESUMED = "resumed"
    SUSPENDED = "suspended"
    REBOOTED = "rebooted"
    DELETED = "deleted"
    MISSED = "missed"
    """Events may have been lost (restarted hypervisor, slow reader); `id` is empty. Look at `domains()`."""


class Event(Struct, frozen=True):
    """Something happened. A hint to look, never the truth itself."""

    id: str
    kind: EventKind
    reason: str = ""


class TcpEndpoint(Struct, frozen=True, tag="tcp"):
    """Where a console listens."""

    host: str
    port: int


class UnixEndpoint(Struct, frozen=True, tag="unix"):
    """Where a console listens, on this machine only."""

    path: str


class CpuUsage(Struct, frozen=True):
    """`time`: nanoseconds that the virtual processor has run."""

    id: int
    time: int


class DiskUsage(Struct, frozen=True, kw_only=True):
    """Counters of one disk since the domain started."""

    target: str
    read_bytes: int = 0
    read_requests: int = 0
    write_bytes: int = 0
    write_requests: int = 0
    errors: int = 0


class NicUsage(Struct, frozen=True, kw_only=True):
    """Counters of one NIC since the domain started, seen from the guest."""

    mac: str
    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0


class Diagnostics(Struct, frozen=True, kw_only=True):
    """What a domain uses, for the compute API's server diagnostics."""

    state: PowerState
    driver: str
    hypervisor: str
    uptime: int | None
    """Seconds since the domain started; None if the driver does not know."""
    memory_max_mib: int
    memory_used_mib: int
    cpus: tuple[CpuUsage, ...] = ()
    disks: tuple[DiskUsage, ...] = ()
    nics: tuple[NicUsage, ...] = ()
