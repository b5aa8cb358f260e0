"""Images: their attributes, free properties, tags and visibility."""
