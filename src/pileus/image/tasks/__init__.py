"""Tasks: what is done to images longer than a request lasts, as their owners see it."""
