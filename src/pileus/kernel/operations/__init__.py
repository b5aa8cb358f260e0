"""Durable operations: journalled steps, each beside its undo."""
