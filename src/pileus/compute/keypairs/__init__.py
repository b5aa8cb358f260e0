"""Keypairs of users: what lets them into their servers."""
