"""Loops that keep images, tasks and what lies about them as they should be."""
