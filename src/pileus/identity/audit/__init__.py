"""Audit: who changed what of identity, and who logged in, as events in CADF's form."""
