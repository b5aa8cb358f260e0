"""Objects: groups of properties that belong together."""
