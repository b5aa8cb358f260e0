"""Servers and what they need (Nova 2.1-2.104)."""
