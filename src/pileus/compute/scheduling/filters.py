"""Filters: each says why a host will not do, or nothing.

Every filter is `(host, request) -> str`: empty where the host passes, else the reason in words.
"""

from collections.abc import Callable

from pileus.compute.scheduling.types import HostView, Request

Filter = Callable[[HostView, Request], str]


def wanted_host(host: HostView, request: Request) -> str:
    """Only the host that was asked for."""
    return "" if not request.host or host.name == request.host else f"it is not {request.host}"


def service(host: HostView, request: Request) -> str:
    """The host's service answers and is enabled; a forced host may be disabled."""
    if not host.alive:
        return "its service does not answer"
    return "" if host.enabled or request.forced else "its service is disabled"


def zone(host: HostView, request: Request) -> str:
    """The host is in the zone that was asked for."""
    return "" if not request.zone or host.zone == request.zone else f"it is in zone {host.zone}, not {request.zone}"


def image(host: HostView, request: Request) -> str:
    """The host's processor runs the image."""
    return "" if not request.arch or host.arch == request.arch else f"it is {host.arch}, the image {request.arch}"


def traits(host: HostView, request: Request) -> str:
    """The host has the traits that are required and none that is forbidden."""
    missing = request.required - host.traits
    if missing:
        return f"it lacks {', '.join(sorted(missing))}"
    unwanted = request.forbidden & host.traits
    return f"it has {', '.join(sorted(unwanted))}" if unwanted else ""


def resources(host: HostView, request: Request) -> str:
    """What is asked for fits, each resource class by its own rules."""
    for name, amount in request.resources.items():
        if not amount:
            continue
        inventory = host.inventories.get(name)
        if inventory is None:
            return f"it has no {name}"
        if amount > inventory.max_unit or amount < inventory.min_unit or amount % inventory.step_size:
            return f"one server may not have {amount} {name} there (at most {inventory.max_unit})"
        if amount > host.free(name):
            return f"{name}: {amount} wanted, {max(host.free(name), 0)} free"
    return ""


def group(host: HostView, request: Request) -> str:
    """The hard policies of the server's group."""
    if request.group is None:
        return ""
    members = request.group.hosts
    if request.group.policy == "affinity" and members and host.name not in members:
        return "the server's group is elsewhere"
    if request.group.policy == "anti-affinity" and members.get(host.name, 0) >= request.group.most:
        return "the server's group has a member there"
    return ""


def hints(host: HostView, request: Request) -> str:
    """The scheduler hints `same_host` and `different_host`."""
    if request.same is not None and host.name not in request.same:
        return "it is not the same host as asked for"
    if request.different is not None and host.name in request.different:
        return "a different host was asked for"
    return ""


FILTERS: tuple[tuple[str, Filter], ...] = (
    ("host", wanted_host),
    ("service", service),
    ("availability zone", zone),
    ("image properties", image),
    ("traits", traits),
    ("server group", group),
    ("scheduler hints", hints),
    ("resources", resources),
)
"""In the order in which they are asked; a host counts for the first filter that refuses it."""
