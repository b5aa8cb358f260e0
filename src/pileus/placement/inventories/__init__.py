"""Inventories: how much a provider has of a resource class."""
