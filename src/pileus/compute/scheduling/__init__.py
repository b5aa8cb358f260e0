"""Choosing a host for a server: pure functions over a snapshot; reading the snapshot is beside them."""
