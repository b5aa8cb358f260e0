"""Server groups: servers that the scheduler puts together or keeps apart."""
