"""What was done to servers, read from the journal of operations."""
