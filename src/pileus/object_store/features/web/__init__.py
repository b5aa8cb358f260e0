"""Features for browsers."""
