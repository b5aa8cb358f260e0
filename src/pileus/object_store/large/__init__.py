"""Objects made of segments: of a list of them (static), or of all whose names start alike (dynamic)."""
