"""What the network service asks of whatever makes networks real, and what it hears back.

A backend is told the wanted state object by object, makes it so, and can always say what it has.  It decides
nothing: addresses, MACs, MTUs and hosts come with the wanted state.  Two exist: ``ovn`` beside this file, and
``pileus.simulated.network`` in memory.  Both pass ``tests/contract/network_backend``.

Further abilities (quality of service, load balancers, VPN, mirrors) are further protocols with structs of
their own, never flags or optional methods here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from pileus.network.backend.wanted import Ref, Wanted

DAMAGED = -1
"""The revision that ``inventory`` gives to an object which is there but not as it was applied."""


class NetworkBackendError(Exception):
    """Root of everything that a backend raises.

    ::

        NetworkBackendError
        ├── BackendUnavailableError   the backend cannot be reached; try again later
        ├── ParentMissingError        objects were left out since what they belong to is not there
        ├── NotAppliedError           the wanted state did not reach every host in time
        └── BackendRefusedError       the backend rejected a change; trying the same again will not help
    """


class BackendUnavailableError(NetworkBackendError):
    """The backend, or its database, does not answer."""


class BackendRefusedError(NetworkBackendError):
    """The backend will not take a change; the message carries its words."""


class ParentMissingError(NetworkBackendError):
    """Some objects of an ``apply`` were skipped; everything else of it took effect.

    Attributes:
        refs: The skipped objects.
    """

    def __init__(self, refs: Sequence[Ref]) -> None:
        self.refs = tuple(refs)
        super().__init__("what they belong to is missing: " + ", ".join(str(ref) for ref in self.refs))


class NotAppliedError(NetworkBackendError):
    """``wait_applied`` ran out of time.

    Attributes:
        waiting_for: Chassis that have not reported, or words for the stage that has not.
    """

    def __init__(self, waiting_for: Sequence[str]) -> None:
        self.waiting_for = tuple(waiting_for)
        super().__init__("not yet in force on: " + ", ".join(self.waiting_for))


class PortStatus(msgspec.Struct, frozen=True):
    """Whether a port carries traffic, and where."""

    port_id: str
    up: bool
    chassis: str | None
    """Name of the chassis that has it, None while unbound."""
    gone: bool = False
    """Whether the port has ceased to exist; the last thing that is said of it."""


class ChassisStatus(msgspec.Struct, frozen=True):
    """One host's network agent."""

    name: str
    """Stable name, the one in ``WantedRouter.gateway_chassis``."""
    hostname: str
    alive: bool
    type: str
    """Words for people: ``OVN Controller agent``, ``OVN Controller Gateway agent``."""
    version: str
    reported_at: float | None
    """Seconds since the epoch of its last report, None if it never did."""
    gateway: bool
    """Whether the host offers itself for router gateways."""
    bridge_mappings: Mapping[str, str]
    """Physical network to bridge."""
    encapsulations: Mapping[str, str]
    """Tunnel type to address."""
    config: Mapping[str, str]
    """Everything else that it tells of itself, for the agents API."""


class NetworkBackend(Protocol):
    """Makes networks, subnets, ports, routers, floating IPs and security groups real.

    Safe to call from many tasks of one event loop; no call blocks the loop.  Every method may raise
    :class:`BackendUnavailableError`.
    """

    async def apply(self, objects: Sequence[Wanted]) -> None:
        """Make these objects so, in whatever order that takes; what is already so costs nothing.

        The given revision replaces the one that is there, lower or higher: the database is the truth.
        Returns when the change is recorded, not when hosts follow (see :meth:`wait_applied`).

        Raises:
            ParentMissingError: Some objects were left out (a port of an unknown network); the others are in.
            BackendRefusedError: Nothing of this call took effect.
        """
        ...

    async def remove(self, refs: Collection[Ref]) -> None:
        """Make these objects not be; unknown ones are no error.

        What cannot exist without them goes too: ports and subnets of a network, floating IPs of a router.
        """
        ...

    async def inventory(self) -> dict[Ref, int]:
        """Everything that is there, with its revision, read from the truth and checked against it.

        An object whose rows were changed or lost behind our back has the revision :data:`DAMAGED`;
        applying it again repairs it.
        """
        ...

    async def wait_applied(self, refs: Collection[Ref], within: float) -> None:
        """Return once everything applied before this call is in force on every living host.

        ``refs`` are those that the caller cares for; a backend may wait for more than these, not for less.
        ``within`` is in seconds.

        Raises:
            NotAppliedError: Time ran out.
        """
        ...

    def port_status(self) -> AsyncIterator[PortStatus]:
        """What happens to ports from now on.

        Changes of one port come in order; several in quick succession may come as the last one only.  A
        consumer that must not miss anything subscribes first and then reads :meth:`ports_up` once.
        """
        ...

    async def ports_up(self) -> dict[str, PortStatus]:
        """The status of every port that something can be plugged into, by port id."""
        ...

    async def chassis(self) -> list[ChassisStatus]:
        """All hosts known to the backend, sorted by name."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads; what was applied stays."""
        ...
