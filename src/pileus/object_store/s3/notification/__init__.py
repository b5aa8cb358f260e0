"""Telling others what happened in a bucket."""
