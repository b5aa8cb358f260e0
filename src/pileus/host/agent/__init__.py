"""The agent of one host: does what it is asked to servers, reports what it has; it knows no database and no secrets."""
