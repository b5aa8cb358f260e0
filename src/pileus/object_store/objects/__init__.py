"""Objects: bytes with a name."""
