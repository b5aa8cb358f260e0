"""What compute's oldest resources pass on to the network service."""
