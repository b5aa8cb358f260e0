"""Loops that keep the backend and the database agreed."""
