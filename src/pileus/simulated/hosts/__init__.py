"""Simulated hosts: whole agents over simulated hypervisors and storage, any number in one process."""

from pileus.simulated.hosts.fleet import Fleet, SimulatedHost

__all__ = ["Fleet", "SimulatedHost"]
