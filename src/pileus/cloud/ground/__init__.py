"""What a cloud stands on: hosts and a network backend, real or simulated."""
