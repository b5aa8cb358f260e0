"""Availability zones, which follow from aggregates and the default zone."""
