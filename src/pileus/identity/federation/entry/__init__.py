"""Where users of identity providers come in."""
