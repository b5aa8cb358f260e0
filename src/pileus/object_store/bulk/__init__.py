"""Many objects in one request."""
