"""Calling a service here or on another machine through one protocol."""
