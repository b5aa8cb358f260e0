"""Accounts, containers, objects (Swift v1)."""
