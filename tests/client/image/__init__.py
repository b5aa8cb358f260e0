"""Images, by the official clients."""
