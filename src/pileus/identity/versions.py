"""The versions of the identity API: one, without microversions."""

from pileus.kernel.api.versions import History

HISTORY = History("identity", "3.14")
"""Keystone's API 3.14; requests do not choose a version."""
