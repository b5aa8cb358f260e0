"""Endpoint policies: which policy document belongs to which endpoint."""
