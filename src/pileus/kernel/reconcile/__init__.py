"""Loops that read the wanted and the real state and close the difference."""
