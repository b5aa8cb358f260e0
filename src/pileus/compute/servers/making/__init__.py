"""Making servers: the bodies of requests, what they ask for, and whether there is room for it."""
