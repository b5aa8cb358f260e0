"""What may become an image: formats are looked at before any store gets the data."""
