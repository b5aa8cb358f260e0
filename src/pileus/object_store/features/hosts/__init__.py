"""Containers under names of their own: hosts that mean accounts and containers."""
