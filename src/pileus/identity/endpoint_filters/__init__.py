"""Endpoint filters: which endpoints the catalog of a project shows."""
