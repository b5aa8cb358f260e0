"""Subnets: prefixes on networks, and the addresses handed out of them."""
