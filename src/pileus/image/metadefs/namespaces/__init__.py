"""Namespaces of metadata definitions."""
