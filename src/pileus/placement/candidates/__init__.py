"""Allocation candidates: what could satisfy a request."""
