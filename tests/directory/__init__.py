"""A real OpenLDAP of a test's own."""
