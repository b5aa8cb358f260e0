"""Addresses and MACs: which are free, and who has them."""
