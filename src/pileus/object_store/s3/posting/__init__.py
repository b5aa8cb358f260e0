"""Uploads by web forms."""
