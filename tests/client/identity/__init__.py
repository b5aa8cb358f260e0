"""Journeys through identity."""
