"""Properties of a namespace."""
