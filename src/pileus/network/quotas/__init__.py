"""Quotas: how much a project may have, counted from live rows."""
