"""What can be done to servers."""
