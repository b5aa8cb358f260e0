"""A network backend in memory: ports come up when plugged, failures come when told to."""

from pileus.simulated.network.backend import SimulatedNetwork

__all__ = ["SimulatedNetwork"]
