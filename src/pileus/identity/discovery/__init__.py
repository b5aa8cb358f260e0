"""Which versions there are."""
