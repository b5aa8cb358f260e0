"""What Nova once had and has removed: asking for it is answered with 410, as Nova does."""
