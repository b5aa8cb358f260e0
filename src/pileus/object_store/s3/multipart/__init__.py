"""Objects that arrive in parts."""
