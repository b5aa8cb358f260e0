"""What a simulated host has, and how long it takes over what it does."""

from msgspec import Struct

from pileus.host.hypervisor.status import Capabilities


class Latency(Struct, frozen=True, kw_only=True):
    """Seconds that a simulated hypervisor takes for things; all zero: it never waits."""

    spawn: float = 0.0
    start: float = 0.0
    power_off: float = 0.0
    shutdown: float = 0.0
    """How long a guest takes to shut down after the power button."""
    plug: float = 0.0
    unplug: float = 0.0
    """How long a guest takes to let go of a device."""
    save: float = 0.0


def machine(hostname: str, *, vcpus: int = 64, memory_mib: int = 256 * 1024, disk_gib: int = 4096) -> Capabilities:
    """Return the capabilities of an ordinary simulated host."""
    return Capabilities(
        hostname=hostname,
        vcpus=vcpus,
        memory_mib=memory_mib,
        disk_gib=disk_gib,
        arch="x86_64",
        accel="tcg",
        hypervisor_type="simulated",
        hypervisor_version=1_000_000,
        cpu_model="simulated",
        cpu_vendor="Pileus",
        cpu_cores=vcpus,
    )
