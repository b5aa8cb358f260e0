"""Buckets and their lists."""
