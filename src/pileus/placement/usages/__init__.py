"""Usages: sums of allocations."""
