"""What is done to imported data before they are an image's."""
