"""`pileus first-server`: from an image to a login, as any user would do it."""
