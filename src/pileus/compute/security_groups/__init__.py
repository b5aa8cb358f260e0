"""Security groups as they were compute's matter until 2.35; the network service owns them."""
