"""Weighers: each gives a host a figure between 0 and 1, the higher the better."""

from collections.abc import Callable, Sequence

from pileus.compute.scheduling.types import HostView, Request

Weigher = Callable[[Sequence[HostView], Request], list[float]]


def _scaled(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]


def memory(hosts: Sequence[HostView], _request: Request) -> list[float]:
    """Most free memory first."""
    return _scaled([host.free("MEMORY_MB") for host in hosts])


def processors(hosts: Sequence[HostView], _request: Request) -> list[float]:
    """Most free processors first."""
    return _scaled([host.free("VCPU") for host in hosts])


def disk(hosts: Sequence[HostView], _request: Request) -> list[float]:
    """Most free disk first."""
    return _scaled([host.free("DISK_GB") for host in hosts])


def soft_group(hosts: Sequence[HostView], request: Request) -> list[float]:
    """The soft policies of the server's group."""
    if request.group is None or not request.group.policy.startswith("soft-"):
        return [0.0] * len(hosts)
    sign = 1.0 if request.group.policy == "soft-affinity" else -1.0
    return _scaled([sign * request.group.hosts.get(host.name, 0) for host in hosts])


WEIGHERS: tuple[tuple[float, Weigher], ...] = ((1.0, memory), (1.0, processors), (1.0, disk), (10.0, soft_group))
"""With their multipliers."""
