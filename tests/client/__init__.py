"""Journeys of unmodified official clients through simulated clouds, each started by the `pileus` command."""
