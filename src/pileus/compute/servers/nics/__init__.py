"""Addresses, security groups and nics of servers."""
