"""Storage of a simulated host: remembers which server would have which files, and writes none."""

from pileus.simulated.storage.disks import SimulatedDisks

__all__ = ["SimulatedDisks"]
