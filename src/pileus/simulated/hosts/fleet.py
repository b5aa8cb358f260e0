"""Any number of simulated hosts, each answering at its own address."""

from collections.abc import Callable
from dataclasses import dataclass

from pileus.host.agent.agent import Agent
from pileus.host.agent.errors import ERRORS
from pileus.host.agent.protocol import HostAgent
from pileus.host.hypervisor.spec import Nic
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.peers.protocol import serve
from pileus.kernel.world import World
from pileus.simulated.hypervisor.driver import SimulatedHypervisor
from pileus.simulated.hypervisor.faults import Faults
from pileus.simulated.hypervisor.ledger import Ledger
from pileus.simulated.hypervisor.machine import Latency, machine
from pileus.simulated.storage import SimulatedDisks


@dataclass(slots=True)
class SimulatedHost:
    """One host, and what a test may do to it."""

    name: str
    hypervisor: SimulatedHypervisor
    disks: SimulatedDisks
    faults: Faults
    agent: Agent


class Fleet:
    """Simulated hosts on an in-memory transport.

    Args:
        latency: how long their hypervisors take.
        ledger: if set, their servers outlive this process there.
        plug: if set, called with a port's id and its host when a nic is plugged: the simulated switch.
    """

    def __init__(
        self,
        transport: MemoryTransport,
        world: World,
        *,
        latency: Latency | None = None,
        ledger: Ledger | None = None,
        plug: Callable[[str, str], None] | None = None,
    ) -> None:
        self._transport = transport
        self._world = world
        self._latency = latency
        self._ledger = ledger
        self._plug = plug
        self.hosts: dict[str, SimulatedHost] = {}

    def add(self, name: str, *, vcpus: int = 64, memory_mib: int = 262144, disk_gib: int = 4096) -> SimulatedHost:
        """Make a host and let it answer at `host/<name>`."""
        faults = Faults()
        hypervisor = SimulatedHypervisor(
            machine(name, vcpus=vcpus, memory_mib=memory_mib, disk_gib=disk_gib),
            latency=self._latency,
            clock=self._world.clock,
            faults=faults,
            ledger=self._ledger,
        )
        disks = SimulatedDisks(faults)

        async def plug(nic: Nic) -> None:
            if self._plug is not None:
                self._plug(nic.port_id, name)

        host = SimulatedHost(name, hypervisor, disks, faults, Agent(hypervisor, disks, plug=plug))
        self.hosts[name] = host
        self.wake(name)
        return host

    def wake(self, name: str) -> None:
        """Let a host answer (again)."""
        serve(self._transport, f"host/{name}", HostAgent, self.hosts[name].agent, ERRORS)

    def silence(self, name: str) -> None:
        """Cut a host off: nobody reaches it any more; its servers run on."""
        self._transport.forget(f"host/{name}")
