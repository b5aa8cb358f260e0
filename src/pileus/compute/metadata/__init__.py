"""What guests are told about themselves: the metadata service and the config drive, from the same content."""
