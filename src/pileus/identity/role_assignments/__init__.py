"""Role assignments, listed: all that there are, or what they come to."""
