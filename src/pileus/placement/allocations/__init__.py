"""Allocations: who has claimed what."""
