"""What the functions of servers work with: handed to each, made once in `wiring.py`."""

from dataclasses import dataclass

from pileus.compute.servers.around.fleet import Agents
from pileus.compute.servers.around.neighbours import Neighbours
from pileus.image.service import Images
from pileus.kernel.parts import Parts
from pileus.network.service import Network
from pileus.placement.service import Placement


@dataclass(frozen=True, slots=True)
class ServerParts:
    """The kernel's parts, the other services, and compute's own neighbours."""

    kernel: Parts
    network: Network
    images: Images
    placement: Placement
    near: Neighbours
    agents: Agents
