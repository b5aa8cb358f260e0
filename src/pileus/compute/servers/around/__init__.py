"""What stands around servers: their parts, compute's other resources, and the agents of hosts."""
