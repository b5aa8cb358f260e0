"""Floating IPs: outside addresses for inside ones."""
