"""Servers: the heart of compute."""
