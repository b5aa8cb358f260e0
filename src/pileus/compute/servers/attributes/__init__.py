"""Metadata, tags and the password of servers."""
