"""Ports: connection points of networks."""
