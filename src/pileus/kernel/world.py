"""What a component may know of the world around it: its clock and its source of chance."""

from dataclasses import dataclass, field

from pileus.kernel.clock import Clock, SystemClock
from pileus.kernel.ids import Ids, SystemIds


@dataclass(frozen=True, slots=True)
class World:
    """Handed to everything that needs time or chance; simulated as a whole or not at all."""

    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=SystemIds)
