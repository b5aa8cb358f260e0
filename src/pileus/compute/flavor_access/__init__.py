"""Which projects may use a flavor that is not public."""
