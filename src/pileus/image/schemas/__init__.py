"""Documents about the API itself: its versions and schemas."""
