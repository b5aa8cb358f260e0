"""Members: projects that an image is shared with."""
