"""A storage of objects in memory: everything that the protocol says, and nothing of it is kept."""
