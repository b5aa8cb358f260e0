"""Quotas: how much of everything a project may have, by the limits that identity keeps."""
