"""Finding and removing what a cloud has on the machine."""
