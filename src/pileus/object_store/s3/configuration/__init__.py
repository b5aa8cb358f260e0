"""What a bucket is told to be: one small document each."""
