"""Containers: what an account's objects lie in."""
