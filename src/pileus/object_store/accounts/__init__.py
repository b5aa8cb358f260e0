"""Accounts: what a project has in the object store."""
