"""What every service is built from: the kernel's parts of one node, made once by the composition root."""

from dataclasses import dataclass
from pathlib import Path

from pileus.kernel.operations import Engine
from pileus.kernel.peers.protocol import Transport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.signals import Signals
from pileus.kernel.store import Store
from pileus.kernel.world import World


@dataclass(frozen=True, slots=True)
class Parts:
    """The kernel's parts.

    Attributes:
        state: the folder that this node may write to; each service keeps to a folder of its own name below it.
        region: the region's name in the catalog.
        policy: the folder with operators' policy files, `<service type>.yaml` each; None for none.
        node: this node's name, the same after a restart.
    """

    state: Path
    region: str
    policy: Path | None
    node: str
    store: Store
    world: World
    signals: Signals
    engine: Engine
    loops: Loops
    transport: Transport

    def policy_file(self, service: str) -> Path | None:
        """The operator's policy file of a service, whether or not it exists."""
        return self.policy / f"{service}.yaml" if self.policy else None
