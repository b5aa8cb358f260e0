"""Versions of the Images API.  They are announced, not chosen: every request gets the newest."""

from pileus.kernel.api.versions import History

IMAGE = History("image", "2.17")

ANNOUNCED = ("v2.17", *(f"v2.{minor}" for minor in range(16, -1, -1) if minor not in {8, 10, 12, 14}))
"""What the version document lists, newest first."""
