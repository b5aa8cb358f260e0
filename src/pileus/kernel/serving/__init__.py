"""From a socket to a declared operation and back."""
