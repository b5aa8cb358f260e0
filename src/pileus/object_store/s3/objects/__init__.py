"""Objects: reading, writing, copying, deleting."""
