"""Clients of both object APIs."""
