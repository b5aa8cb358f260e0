"""Networks: broadcast domains."""
