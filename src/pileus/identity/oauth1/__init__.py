"""OAuth 1.0a: consumers act for users who have authorized them."""
