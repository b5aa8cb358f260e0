"""Revisions: how caches know that the database has moved on."""
