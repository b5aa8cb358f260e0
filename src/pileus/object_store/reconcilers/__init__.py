"""What must stay true of the object store."""
