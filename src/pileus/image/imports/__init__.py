"""Imports: data that come from elsewhere, or are staged first, and become an image's in a durable operation."""
