"""Factors: ways to prove who one is beside passwords and tokens."""
