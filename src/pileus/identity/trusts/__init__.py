"""Trusts."""
