"""Features that refuse requests."""
