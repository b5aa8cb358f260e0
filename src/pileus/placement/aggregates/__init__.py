"""Aggregates: groups of providers, which share resources within."""
