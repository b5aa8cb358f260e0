"""Showing servers: lists, views in every version, faults, and what other services add."""
