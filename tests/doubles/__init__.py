"""Stand-ins for services that a test is not about: each fulfils its protocol on tables of its own, and nothing more."""
