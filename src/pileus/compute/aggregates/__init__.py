"""Aggregates: sets of hosts with metadata, which also make the availability zones."""
