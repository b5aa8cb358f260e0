"""What the API says of itself and of its hosts: index, extensions, agents, zones, address use."""
