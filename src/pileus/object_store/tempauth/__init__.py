"""Users of the object store alone, for tests: `GET /auth/v1.0`."""
