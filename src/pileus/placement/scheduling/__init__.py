"""Finding candidates: pure functions over a snapshot of all providers."""
