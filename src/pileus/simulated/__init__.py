"""Simulated hosts, networks and disks, good enough to run the whole system."""
