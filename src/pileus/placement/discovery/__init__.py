"""The version document."""
