"""Checksums of bodies beside the MD5."""
