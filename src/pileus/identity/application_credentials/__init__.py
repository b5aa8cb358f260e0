"""Application credentials."""
