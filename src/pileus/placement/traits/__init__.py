"""Traits: what providers can do."""
