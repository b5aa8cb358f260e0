"""Buckets as web sites."""
