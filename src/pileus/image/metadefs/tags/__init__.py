"""Tags of a namespace."""
